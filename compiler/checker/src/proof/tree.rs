//! The executions of a loop tree and the instances of its program as unions of conjunctions.

use super::question::Part;
use super::rows::negations;
use super::{Columns, Form, Stop};
use crate::{Doubt, Refutation};
use loopwright_ir::verify::verify_program;
use loopwright_ir::{
    Access, Affine, Bound, Constraint, For, LoopTree, LoopTreeNode, Mark, Pack, Program,
    SourceNode, Variable,
};
use loopwright_isl::ConstraintRow;

/// The most cases that the bounds and conditions around one node may distinguish.
const MAXIMUM_CASES: usize = 128;

/// A loop around a node.
#[derive(Clone, Debug)]
pub(crate) struct Around {
    /// Which node of the tree it is.
    pub node: usize,
    pub id: u32,
    pub name: String,
    pub mark: Mark,
}

/// Where a node stands: its loops, and for which values of their variables it is executed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    pub loops: Vec<Around>,
    pub part: Part,
}

/// A statement node of the tree.
pub(crate) struct Occurrence {
    pub statement: usize,
    pub place: Place,
    /// The statement's iterators over the scope of the place.
    pub iterators: Vec<Form>,
    /// The pack nodes around it, by position in [`Tree::copies`].
    pub inside: Vec<usize>,
}

/// The reads of a statement with some subscripts.
pub(crate) struct ReadsOf {
    pub statement: usize,
    pub subscripts: Vec<Form>,
}

/// A pack node of the tree.
pub(crate) struct Copying {
    pub array: usize,
    /// The reads that it is for; `None` for all accesses to the array.
    pub reads: Option<ReadsOf>,
    pub place: Place,
    pub origin: Vec<Form>,
    pub extents: Vec<Form>,
    pub copy_in: bool,
    pub copy_out: bool,
}

impl Copying {
    /// Whether it takes accesses of a statement.
    pub fn takes(&self, statement: usize, element: &Element) -> bool {
        element.array == self.array
            && self.reads.as_ref().is_none_or(|reads| {
                reads.statement == statement
                    && element.read
                    && reads.subscripts == element.subscripts
            })
    }
}

/// The accesses of a statement to the same element: whether it is read, and whether written.
pub(crate) struct Element {
    pub array: usize,
    pub subscripts: Vec<Form>,
    pub read: bool,
    pub written: bool,
}

/// A statement of the program, over the scope of its iterators.
pub(crate) struct Source {
    pub depth: usize,
    /// The loops of the source around it, by number.
    pub loops: Vec<usize>,
    /// Its place in the source's text.
    pub position: usize,
    pub domain: Vec<ConstraintRow>,
    pub elements: Vec<Element>,
}

/// A program and a loop tree as sets.
pub(crate) struct Tree {
    pub parameters: usize,
    pub assumptions: Vec<ConstraintRow>,
    pub sources: Vec<Source>,
    /// The extents of each array over the parameters.
    pub extents: Vec<Vec<Form>>,
    /// In the order of the text.
    pub occurrences: Vec<Occurrence>,
    /// In the order of the text.
    pub copies: Vec<Copying>,
}

fn malformed(detail: impl Into<String>) -> Stop {
    Refutation::Malformed(detail.into()).into()
}

impl Tree {
    /// Checks what `structure` leaves of C0, and translates.
    pub fn new(program: &Program, tree: &LoopTree) -> Result<Self, Stop> {
        verify_program(program).map_err(|broken| malformed(broken.detail))?;
        let parameters = program.parameters.len();
        let only_parameters = |variable| match variable {
            Variable::Parameter(at) => Some(at as usize),
            _ => None,
        };
        let columns = Columns { column_of: &only_parameters };
        let unknown = || malformed("an expression over the parameters mentions something else");
        let rows = program.context.iter().map(|constraint| columns.row(constraint));
        let assumptions = rows.collect::<Option<Vec<_>>>().ok_or_else(unknown)?;
        let extents = program
            .arrays
            .iter()
            .map(|array| array.extents.iter().map(|extent| columns.form(extent)).collect())
            .collect::<Option<Vec<Vec<_>>>>()
            .ok_or_else(unknown)?;
        let sources = sources(program).ok_or_else(|| malformed("a statement's variables"))?;
        let mut result = Self {
            parameters,
            assumptions,
            sources,
            extents,
            occurrences: Vec::new(),
            copies: Vec::new(),
        };
        let mut walk = Walk { tree: &mut result, inside: Vec::new(), loops: 0 };
        walk.sequence(&tree.roots, &Place::default())?;
        Ok(result)
    }

    /// The occurrences of a statement.
    pub fn of(&self, statement: usize) -> impl Iterator<Item = (usize, &Occurrence)> {
        self.occurrences
            .iter()
            .enumerate()
            .filter(move |(_, occurrence)| occurrence.statement == statement)
    }
}

impl Place {
    /// How many loops are around both.
    pub fn common(&self, other: &Place) -> usize {
        let pairs = self.loops.iter().zip(&other.loops);
        pairs.take_while(|(left, right)| left.node == right.node).count()
    }
}

impl Part {
    /// Adds a union of conjunctions.
    fn restrict(&mut self, union: Vec<Vec<ConstraintRow>>) -> Result<(), Doubt> {
        match union.as_slice() {
            [] => self.always.push(ConstraintRow::non_negative(Vec::new(), -1)),
            [single] => self.always.extend(single.iter().cloned()),
            several => {
                let before = std::mem::take(&mut self.cases);
                let before = if before.is_empty() { vec![Vec::new()] } else { before };
                if before.len() * several.len() > MAXIMUM_CASES {
                    return Err(Doubt::Cases);
                }
                for case in &before {
                    self.cases
                        .extend(several.iter().map(|other| [case.as_slice(), other].concat()));
                }
            }
        }
        Ok(())
    }
}

/// Where a variable stands in the scope of a statement's iterators.
fn source_column(parameters: usize, variable: Variable) -> Option<usize> {
    match variable {
        Variable::Parameter(at) => Some(at as usize),
        Variable::Iterator(depth) => Some(parameters + depth as usize),
        Variable::Loop(_) => None,
    }
}

/// The subscripts of an access over the scope of its statement's iterators; `None` where it mentions others.
pub(crate) fn touched(parameters: usize, access: &Access) -> Option<Vec<Form>> {
    let column_of = |variable| source_column(parameters, variable);
    let columns = Columns { column_of: &column_of };
    access.subscripts.iter().map(|subscript| columns.form(subscript)).collect()
}

fn sources(program: &Program) -> Option<Vec<Source>> {
    let mut paths = vec![(Vec::new(), 0); program.statements.len()];
    let (mut loops, mut statements) = (0, 0);
    find_paths(&program.order, &mut Vec::new(), &mut loops, &mut statements, &mut paths);
    let parameters = program.parameters.len();
    let column_of = |variable| source_column(parameters, variable);
    let columns = Columns { column_of: &column_of };
    let source =
        |(statement, (loops, position)): (&loopwright_ir::Statement, (Vec<usize>, usize))| {
            let mut elements: Vec<Element> = Vec::new();
            let mut add = |access: &Access, read: bool| {
                let forms = access.subscripts.iter().map(|subscript| columns.form(subscript));
                let subscripts: Vec<Form> = forms.collect::<Option<_>>()?;
                let array = access.array.0;
                let known = elements
                    .iter_mut()
                    .find(|element| element.array == array && element.subscripts == subscripts);
                match known {
                    Some(element) if read => element.read = true,
                    Some(element) => element.written = true,
                    None => elements.push(Element { array, subscripts, read, written: !read }),
                }
                Some(())
            };
            add(&statement.write, false)?;
            statement.reads.iter().try_for_each(|access| add(access, true))?;
            let domain = statement.domain.iter().map(|constraint| columns.row(constraint));
            Some(Source {
                depth: statement.iterators.len(),
                loops,
                position,
                domain: domain.collect::<Option<_>>()?,
                elements,
            })
        };
    program.statements.iter().zip(paths).map(source).collect()
}

fn find_paths(
    order: &[SourceNode],
    path: &mut Vec<usize>,
    loops: &mut usize,
    statements: &mut usize,
    paths: &mut [(Vec<usize>, usize)],
) {
    for node in order {
        match node {
            SourceNode::Statement(id) => {
                if let Some(entry) = paths.get_mut(id.0) {
                    *entry = (path.clone(), *statements);
                }
                *statements += 1;
            }
            SourceNode::Loop(inner) => {
                path.push(*loops);
                *loops += 1;
                find_paths(&inner.body, path, loops, statements, paths);
                path.pop();
            }
        }
    }
}

struct Walk<'a> {
    tree: &'a mut Tree,
    inside: Vec<usize>,
    loops: usize,
}

impl Walk<'_> {
    fn sequence(&mut self, nodes: &[LoopTreeNode], place: &Place) -> Result<(), Stop> {
        for node in nodes {
            match node {
                LoopTreeNode::For(inner) => self.iterate(inner, place)?,
                LoopTreeNode::If { conditions, body, otherwise } => {
                    let rows: Vec<_> = conditions
                        .iter()
                        .map(|condition| self.row(condition, place))
                        .collect::<Result<_, _>>()?;
                    let mut negated = Vec::new();
                    for row in &rows {
                        negated.extend(negations(row)?.into_iter().map(|row| vec![row]));
                    }
                    let mut chosen = place.clone();
                    chosen.part.restrict(vec![rows])?;
                    self.sequence(body, &chosen)?;
                    if !otherwise.is_empty() {
                        let mut rest = place.clone();
                        rest.part.restrict(negated)?;
                        self.sequence(otherwise, &rest)?;
                    }
                }
                LoopTreeNode::Pack(pack) => self.copying(pack, place)?,
                LoopTreeNode::Statement(instance) => {
                    let statement = instance.statement.0;
                    let depth = self.tree.sources.get(statement).map(|source| source.depth);
                    if depth != Some(instance.iterators.len()) {
                        return Err(malformed(format!("the iterators of {}", instance.statement)));
                    }
                    let iterators = self.forms(&instance.iterators, place)?;
                    let (place, inside) = (place.clone(), self.inside.clone());
                    self.tree.occurrences.push(Occurrence { statement, place, iterators, inside });
                }
            }
        }
        Ok(())
    }

    fn iterate(&mut self, inner: &For, place: &Place) -> Result<(), Stop> {
        if place.loops.iter().any(|around| around.id == inner.id.0) {
            return Err(malformed(format!("the loop {} is inside of itself", inner.name)));
        }
        let variable = Form::column(self.tree.parameters + place.loops.len());
        let lower = self.bound(&inner.lower, true, &variable, place)?;
        let upper = self.bound(&inner.upper, false, &variable, place)?;
        let mut within = place.clone();
        within.loops.push(Around {
            node: self.loops,
            id: inner.id.0,
            name: inner.name.clone(),
            mark: inner.mark_in_effect(),
        });
        self.loops += 1;
        within.part.restrict(lower)?;
        within.part.restrict(upper)?;
        self.sequence(&inner.body, &within)
    }

    /// The values of a loop variable that a bound allows.
    fn bound(
        &self,
        bound: &Bound,
        lower: bool,
        variable: &Form,
        place: &Place,
    ) -> Result<Vec<Vec<ConstraintRow>>, Stop> {
        // Of a lower bound all in a maximum must hold and one in a minimum, and the other way round.
        let (bounds, all) = match bound {
            Bound::Quotient { affine, divisor } => {
                if *divisor < 1 {
                    return Err(malformed(format!("a bound is divided by {divisor}")));
                }
                let limit = self.form(affine, place)?;
                let scaled = Form::constant(0).plus(*divisor, variable)?;
                let row = if lower { scaled.at_least(&limit)? } else { limit.at_least(&scaled)? };
                return Ok(vec![vec![row]]);
            }
            Bound::Maximum(bounds) => (bounds, lower),
            Bound::Minimum(bounds) => (bounds, !lower),
        };
        if bounds.is_empty() {
            return Err(malformed("a bound is an empty list"));
        }
        let mut union: Vec<Vec<ConstraintRow>> = if all { vec![Vec::new()] } else { Vec::new() };
        for bound in bounds {
            let other = self.bound(bound, lower, variable, place)?;
            if all {
                let product = union.iter().flat_map(|left| {
                    other.iter().map(move |right| [left.as_slice(), right].concat())
                });
                union = product.collect();
            } else {
                union.extend(other);
            }
            if union.len() > MAXIMUM_CASES {
                return Err(Doubt::Cases.into());
            }
        }
        Ok(union)
    }

    fn copying(&mut self, pack: &Pack, place: &Place) -> Result<(), Stop> {
        let array = pack.array.0;
        let parameters = Place::default();
        let reads = match &pack.reads {
            Some(reads) => {
                let parameters = self.tree.parameters;
                let column_of = |variable| source_column(parameters, variable);
                let columns = Columns { column_of: &column_of };
                let forms = reads.subscripts.iter().map(|subscript| columns.form(subscript));
                let forms: Option<Vec<Form>> = forms.collect();
                let subscripts = forms.ok_or_else(|| malformed("the reads of a copy"))?;
                Some(ReadsOf { statement: reads.statement.0, subscripts })
            }
            None => None,
        };
        let copying = Copying {
            array,
            reads,
            place: place.clone(),
            origin: self.forms(&pack.origin, place)?,
            extents: self.forms(&pack.extents, &parameters)?,
            copy_in: pack.copy_in,
            copy_out: pack.copy_out,
        };
        self.inside.push(self.tree.copies.len());
        self.tree.copies.push(copying);
        let result = self.sequence(&pack.body, place);
        self.inside.pop();
        result
    }

    fn forms(&self, affines: &[Affine], place: &Place) -> Result<Vec<Form>, Stop> {
        affines.iter().map(|affine| self.form(affine, place)).collect()
    }

    fn form(&self, affine: &Affine, place: &Place) -> Result<Form, Stop> {
        let column_of = |variable| self.column(variable, place);
        let form = Columns { column_of: &column_of }.form(affine);
        form.ok_or_else(|| malformed(format!("{affine} mentions a variable that is not in scope")))
    }

    fn row(&self, constraint: &Constraint, place: &Place) -> Result<ConstraintRow, Stop> {
        let form = self.form(&constraint.affine, place)?;
        Ok(if constraint.equality { form.zero() } else { form.non_negative() })
    }

    fn column(&self, variable: Variable, place: &Place) -> Option<usize> {
        let parameters = self.tree.parameters;
        match variable {
            Variable::Parameter(at) => (at as usize).lt(&parameters).then_some(at as usize),
            Variable::Loop(id) => {
                let depth = place.loops.iter().position(|around| around.id == id)?;
                Some(parameters + depth)
            }
            Variable::Iterator(_) => None,
        }
    }
}
