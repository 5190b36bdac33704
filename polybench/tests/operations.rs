//! The closed forms of the operation counts, against loops that run through the kernels' iteration
//! domains as their sources do and count one statement after the other.

use loopwright_polybench::{OperationKind, Size, kernels};

/// The value of one of the kernel's extents at the smallest size.
struct Extents(Vec<(&'static str, u64)>);

impl Extents {
    fn get(&self, name: &str) -> u64 {
        let found = self.0.iter().find(|(parameter, _)| *parameter == name);
        found.unwrap_or_else(|| panic!("no extent {name}")).1
    }
}

/// How often the innermost of nested loops over `0..extent` runs, one by one.
fn nest(extents: &[u64]) -> u64 {
    match extents {
        [] => 1,
        [outer, inner @ ..] => (0..*outer).map(|_| nest(inner)).sum(),
    }
}

fn lu(n: u64) -> u64 {
    let mut count = 0;
    for i in 0..n {
        for j in 0..i {
            for _k in 0..j {
                count += 2;
            }
            count += 1;
        }
        for _j in i..n {
            for _k in 0..i {
                count += 2;
            }
        }
    }
    count
}

/// The scaling by beta and the accumulation of `each` operations in the lower triangle.
fn lower_triangle_update(m: u64, n: u64, each: u64) -> u64 {
    let mut count = 0;
    for i in 0..n {
        for _j in 0..=i {
            count += 1;
        }
        for _k in 0..m {
            for _j in 0..=i {
                count += each;
            }
        }
    }
    count
}

fn correlation(m: u64, n: u64) -> u64 {
    let mut count = 0;
    for _j in 0..m {
        count += nest(&[n]) + 1;
    }
    for _j in 0..m {
        count += 4 * nest(&[n]); // two subtractions, a multiplication, an addition
        count += 2; // division, square root
    }
    count += 4 * nest(&[n, m]); // subtraction; square root, multiplication, division
    for i in 0..m - 1 {
        for _j in i + 1..m {
            count += 2 * nest(&[n]);
        }
    }
    count
}

fn covariance(m: u64, n: u64) -> u64 {
    let mut count = 0;
    for _j in 0..m {
        count += nest(&[n]) + 1;
    }
    count += nest(&[n, m]);
    for i in 0..m {
        for _j in i..m {
            count += 2 * nest(&[n]) + 2; // division by a difference
        }
    }
    count
}

fn nussinov(n: u64) -> u64 {
    let (mut count, n) = (0, n as i64);
    for i in (0..n).rev() {
        for j in i + 1..n {
            if j > 0 {
                count += 1;
            }
            if i + 1 < n {
                count += 1;
            }
            if j > 0 && i + 1 < n {
                // The match of two bases is an addition and a comparison.
                count += if i < j - 1 { 1 + 1 + 2 } else { 1 };
            }
            for _k in i + 1..j {
                count += 2;
            }
        }
    }
    count
}

fn adi(tsteps: u64, n: u64) -> u64 {
    let mut count = 3 + 2 * 3; // DX, DY, DT; mul1, mul2
    count += 1 + 1 + 1 + 1; // a, b, d, e
    for _t in 1..=tsteps {
        for _sweep in 0..2 {
            for _i in 1..n - 1 {
                for _j in 1..n - 1 {
                    count += 3;
                    count += 6 + 5 + 1; // multiplications, additions, division
                }
                for _j in (1..=n - 2).rev() {
                    count += 2;
                }
            }
        }
    }
    count
}

fn deriche(w: u64, h: u64) -> u64 {
    let mut count = 4 + 4 + 1 + 4; // k: exponentials, additions, division, multiplications
    count += 4 + 4; // a2, a3: exponential, addition, two multiplications
    count += 3 + 1 + 2; // a4, b1, b2
    for _pass in 0..2 {
        for _direction in 0..2 {
            for _line in 0..w {
                for _pixel in 0..h {
                    count += 4 + 3;
                }
            }
        }
        count += 2 * nest(&[w, h]);
    }
    count
}

/// Every operation of the kernel `name`, one after the other.
fn brute_force(name: &str, at: &Extents) -> u64 {
    let n = || at.get("N");
    let m = || at.get("M");
    let mut count = 0;
    match name {
        "correlation" => count += correlation(m(), n()),
        "covariance" => count += covariance(m(), n()),
        "gemm" => {
            for _i in 0..at.get("NI") {
                count += nest(&[at.get("NJ")]);
                count += 3 * nest(&[at.get("NK"), at.get("NJ")]);
            }
        }
        "gemver" => {
            count += 4 * nest(&[n(), n()]);
            count += 3 * nest(&[n(), n()]);
            count += nest(&[n()]);
            count += 3 * nest(&[n(), n()]);
        }
        "gesummv" => {
            for _i in 0..n() {
                count += (2 + 2) * nest(&[n()]) + 3;
            }
        }
        "symm" => {
            for i in 0..m() {
                for _j in 0..n() {
                    for _k in 0..i {
                        count += 3 + 2;
                    }
                    count += 1 + 2 + 1 + 2; // beta C, alpha B A, alpha temp2, two additions
                }
            }
        }
        "syr2k" => count += lower_triangle_update(m(), n(), 6),
        "syrk" => count += lower_triangle_update(m(), n(), 3),
        "trmm" => {
            for i in 0..m() {
                for _j in 0..n() {
                    for _k in i + 1..m() {
                        count += 2;
                    }
                    count += 1;
                }
            }
        }
        "2mm" => {
            let (ni, nj, nk, nl) = (at.get("NI"), at.get("NJ"), at.get("NK"), at.get("NL"));
            count += 3 * nest(&[ni, nj, nk]);
            count += nest(&[ni, nl]) + 2 * nest(&[ni, nl, nj]);
        }
        "3mm" => {
            let (ni, nj, nk) = (at.get("NI"), at.get("NJ"), at.get("NK"));
            let (nl, nm) = (at.get("NL"), at.get("NM"));
            count += 2 * nest(&[ni, nj, nk]);
            count += 2 * nest(&[nj, nl, nm]);
            count += 2 * nest(&[ni, nl, nj]);
        }
        "atax" => {
            for _i in 0..m() {
                count += 2 * nest(&[n()]);
                count += 2 * nest(&[n()]);
            }
        }
        "bicg" => count += (2 + 2) * nest(&[n(), m()]),
        "doitgen" => {
            let (nr, nq, np) = (at.get("NR"), at.get("NQ"), at.get("NP"));
            count += 2 * nest(&[nr, nq, np, np]);
        }
        "mvt" => count += 2 * nest(&[n(), n()]) + 2 * nest(&[n(), n()]),
        "cholesky" => {
            for i in 0..n() {
                for j in 0..i {
                    count += 2 * nest(&[j]) + 1;
                }
                count += 2 * nest(&[i]) + 1;
            }
        }
        "durbin" => {
            for k in 1..n() {
                count += 3 + 2 * nest(&[k]) + 2 + 2 * nest(&[k]);
            }
        }
        "gramschmidt" => {
            for k in 0..n() {
                count += 2 * nest(&[m()]) + 1 + nest(&[m()]);
                for _j in k + 1..n() {
                    count += 2 * nest(&[m()]) + 2 * nest(&[m()]);
                }
            }
        }
        "lu" => count += lu(n()),
        "ludcmp" => {
            count += lu(n());
            for i in 0..n() {
                count += 2 * nest(&[i]);
            }
            for i in (0..n()).rev() {
                for _j in i + 1..n() {
                    count += 2;
                }
                count += 1;
            }
        }
        "trisolv" => {
            for i in 0..n() {
                count += 2 * nest(&[i]) + 1;
            }
        }
        "deriche" => count += deriche(at.get("W"), at.get("H")),
        "floyd-warshall" => count += 2 * nest(&[n(), n(), n()]),
        "nussinov" => count += nussinov(n()),
        "adi" => count += adi(at.get("TSTEPS"), n()),
        "fdtd-2d" => {
            let (nx, ny) = (at.get("NX"), at.get("NY"));
            for _t in 0..at.get("TMAX") {
                for _i in 1..nx {
                    for _j in 0..ny {
                        count += 3;
                    }
                }
                for _i in 0..nx {
                    for _j in 1..ny {
                        count += 3;
                    }
                }
                for _i in 0..nx - 1 {
                    for _j in 0..ny - 1 {
                        count += 5;
                    }
                }
            }
        }
        "heat-3d" => {
            for _half in 0..2 * at.get("TSTEPS") {
                let inner = (1..n() - 1).count() as u64;
                count += (3 * 4 + 3) * nest(&[inner, inner, inner]);
            }
        }
        "jacobi-1d" => {
            for _half in 0..2 * at.get("TSTEPS") {
                for _i in 1..n() - 1 {
                    count += 3;
                }
            }
        }
        "jacobi-2d" => {
            for _half in 0..2 * at.get("TSTEPS") {
                for _i in 1..n() - 1 {
                    for _j in 1..n() - 1 {
                        count += 5;
                    }
                }
            }
        }
        "seidel-2d" => {
            for _t in 0..at.get("TSTEPS") {
                for _i in 1..=n() - 2 {
                    for _j in 1..=n() - 2 {
                        count += 8 + 1;
                    }
                }
            }
        }
        _ => panic!("{name} is not counted here"),
    }
    count
}

#[test]
fn closed_forms_count_what_the_loops_count() {
    for kernel in kernels() {
        let counted = brute_force(kernel.name, &Extents(kernel.sizes(Size::Mini)));
        let formula = kernel.floating_point_operations(Size::Mini);
        assert_eq!(formula, counted, "{}", kernel.name);
    }
}

#[test]
fn only_kernels_on_integers_count_integer_operations() {
    for kernel in kernels() {
        let integers = kernel.element == "int";
        let counted = kernel.operation_kind == OperationKind::Integer;
        assert_eq!(integers, counted, "{}", kernel.name);
    }
}

#[test]
fn a_larger_size_has_more_operations() {
    // The suite's atax and bicg have a smaller M at EXTRALARGE than at LARGE; their work still grows
    // up to LARGE.
    for kernel in kernels() {
        let counts: Vec<u64> =
            Size::ALL.iter().take(4).map(|&size| kernel.floating_point_operations(size)).collect();
        assert!(counts.is_sorted(), "{} {counts:?}", kernel.name);
    }
    let gemm = loopwright_polybench::by_name("gemm").expect("gemm is there");
    assert_eq!(gemm.floating_point_operations(Size::Large), 1000 * 1100 * (1 + 3 * 1200));
}
