//! Macros and functions that a text uses, each defined in front of it once.

use super::Generator;

impl Generator {
    pub(super) fn helper(&mut self, stem: &str, text: impl Fn(&str) -> String) -> String {
        let name = self.global(stem);
        let line = text(&name);
        if !self.helpers.contains(&line) {
            self.helpers.push(line);
        }
        name
    }

    pub(super) fn minimum_macro(&mut self) -> String {
        self.helper("MIN", |name| format!("#define {name}(a, b) ((a) < (b) ? (a) : (b))"))
    }

    pub(super) fn maximum_macro(&mut self) -> String {
        self.helper("MAX", |name| format!("#define {name}(a, b) ((a) > (b) ? (a) : (b))"))
    }

    /// Any floating-point number, NaN too, becomes one of moderate size.
    pub(super) fn clamp_macro(&mut self) -> String {
        self.helper("CLAMP", |name| {
            format!("#define {name}(x) ((x) > -100.0 ? ((x) < 100.0 ? (x) : 100.0) : -100.0)")
        })
    }

    pub(super) fn minimum_function(&mut self) -> String {
        self.helper("least", |name| {
            format!("static inline int {name}(int a, int b) {{ return a < b ? a : b; }}")
        })
    }

    pub(super) fn maximum_function(&mut self) -> String {
        self.helper("greatest", |name| {
            format!("static int {name}(int a, int b) {{ return b <= a ? a : b; }}")
        })
    }

    /// `x * y + 0.5`, whose product is fused inside of it.
    pub(super) fn mix_function(&mut self) -> String {
        self.helper("mix", |name| {
            format!("static double {name}(double x, double y) {{ return x * y + 0.5; }}")
        })
    }

    /// A product, which is not fused with what is added outside.
    pub(super) fn product_function(&mut self) -> String {
        self.helper("times", |name| {
            format!("static inline float {name}(float x, float y) {{ return x * y; }}")
        })
    }

    /// A product, which is fused with what is added outside.
    pub(super) fn product_macro(&mut self) -> String {
        self.helper("TIMES", |name| format!("#define {name}(x, y) (x) * (y)"))
    }

    pub(super) fn narrow_function(&mut self) -> String {
        self.helper("narrow", |name| {
            format!("static signed char {name}(int x) {{ return x ^ 5; }}")
        })
    }

    pub(super) fn below_function(&mut self) -> String {
        self.helper("below", |name| format!("static int {name}(int a, int b) {{ return a < b; }}"))
    }
}
