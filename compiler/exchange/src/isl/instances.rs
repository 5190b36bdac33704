//! Which instances a tree and its filters speak of, and whether they are the program's.

use super::names::{context_conditions, domain_conditions, parameters, piece};
use super::notation::{self, Piece};
use super::{OPERATIONS, set_error};
use crate::FormatError;
use loopwright_ir::{Affine, Constraint, Program, StatementId, Variable};
use loopwright_isl::{Context, IslError, Set};
use std::collections::{BTreeMap, HashMap};

/// The program's statements under the names that a tree uses.
pub struct Instances<'p> {
    program: &'p Program,
    context: Context,
    names: HashMap<String, StatementId>,
}

impl<'p> Instances<'p> {
    /// Understands the names of a tree by its domain, and checks that no instance is missing.
    pub fn of_domain(program: &'p Program, domain: &str) -> Result<Self, FormatError> {
        let context = Context::new().map_err(|error| set_error("a new context", error))?;
        let place = "the domain of the isl tree";
        let (declared, body) = notation::parameters(domain);
        known_parameters(program, &declared)?;
        let pieces = notation::pieces(body, place)?;
        let names = match_names(program, &pieces)?;
        let instances = Self { program, context, names };
        let sets = instances.sets(domain, place)?;
        for (position, statement) in program.statements.iter().enumerate() {
            let id = StatementId(position);
            let Some(theirs) = sets.get(&id) else {
                return Err(FormatError::WrongInstances(format!(
                    "its domain has no instance of {}",
                    statement.name
                )));
            };
            let complete = instances
                .quota(|| instances.domain(id, true)?.is_subset(theirs))
                .map_err(|error| set_error(place, error))?;
            if !complete {
                return Err(FormatError::WrongInstances(format!(
                    "its domain lacks instances that {} has",
                    statement.name
                )));
            }
        }
        Ok(instances)
    }

    fn quota<T>(&self, work: impl FnOnce() -> Result<T, IslError>) -> Result<T, IslError> {
        self.context.with_quota(OPERATIONS, work)
    }

    /// The statement with a name.
    pub fn statement(&self, piece: &Piece, place: &str) -> Result<StatementId, FormatError> {
        let Some(&id) = self.names.get(&piece.name) else {
            return Err(FormatError::Unknown {
                kind: "statement",
                name: piece.name.clone(),
                known: self.program.statements.iter().map(|one| one.name.clone()).collect(),
            });
        };
        let wanted = self.program.statement(id).iterators.len();
        if piece.dimensions.len() != wanted {
            return Err(FormatError::syntax(
                place,
                format!(
                    "`{}` has {} iterators here and {wanted} in the program",
                    piece.name,
                    piece.dimensions.len()
                ),
            ));
        }
        Ok(id)
    }

    /// A statement's domain, with what is known of the parameters if `context` is set.
    fn domain(&self, id: StatementId, context: bool) -> Result<Set, IslError> {
        let mut conditions = domain_conditions(self.program, id);
        if context {
            conditions.extend(context_conditions(self.program));
        }
        self.parse(&piece(self.program, id, &conditions))
    }

    fn parse(&self, piece: &str) -> Result<Set, IslError> {
        Set::parse(&self.context, &format!("{}{{ {piece} }}", parameters(self.program)))
    }

    /// The sets of a union, by statement.
    pub fn sets(&self, text: &str, place: &str) -> Result<BTreeMap<StatementId, Set>, FormatError> {
        let (declared, body) = notation::parameters(text);
        known_parameters(self.program, &declared)?;
        let mut sets: BTreeMap<StatementId, Set> = BTreeMap::new();
        for piece in notation::pieces(body, place)? {
            let id = self.statement(&piece, place)?;
            let name = &self.program.statement(id).name;
            let text = format!("{name}[{}] {}", piece.dimensions.join(", "), piece.rest);
            let union = self.quota(|| {
                let set = self.parse(&text)?;
                match sets.get(&id) {
                    Some(known) => known.union(&set),
                    None => Ok(set),
                }
            });
            sets.insert(id, union.map_err(|error| set_error(place, error))?);
        }
        Ok(sets)
    }

    /// The conditions of a filter on a statement's iterators beyond its domain; `None` if it leaves
    /// no instance.
    pub fn conditions(
        &self,
        id: StatementId,
        filter: &Set,
    ) -> Result<Option<Vec<Constraint>>, FormatError> {
        let name = &self.program.statement(id).name;
        let rest = self.quota(|| {
            let (known, domain) = (self.domain(id, true)?, self.domain(id, false)?);
            if known.intersect(filter)?.is_empty()? {
                return Ok(Vec::new());
            }
            domain.intersect(filter)?.gist(&domain)?.coalesce()?.to_constraints()
        });
        let rest = rest.map_err(|error| set_error(format!("a filter of {name}"), error))?;
        let parameter_count = self.program.parameters.len();
        match rest.as_slice() {
            [] => Ok(None),
            [one] if one.divisions == 0 && one.parameters == parameter_count => {
                let variable = |column: usize| {
                    let position = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
                    match column.checked_sub(parameter_count) {
                        None => Variable::Parameter(position(column)),
                        Some(depth) => Variable::Iterator(position(depth)),
                    }
                };
                let constraint = |row: &loopwright_isl::ConstraintRow| {
                    let terms = row.coefficients.iter().enumerate();
                    let terms = terms.map(|(column, value)| (variable(column), *value));
                    Constraint {
                        affine: Affine::from_terms(terms, row.constant),
                        equality: row.equality,
                    }
                };
                Ok(Some(one.rows.iter().map(constraint).collect()))
            }
            _ => Err(FormatError::not_expressible(
                format!("the filter of {name}"),
                "the instances of a leaf must be one conjunction of affine conditions; distribute \
                 them over several filters",
            )),
        }
    }

    /// Whether the leaves of a statement, each with its filter, have each instance once.
    pub fn check_leaves(
        &self,
        id: StatementId,
        filters: &[Option<Set>],
    ) -> Result<(), FormatError> {
        let name = &self.program.statement(id).name;
        let fault = |what: &str| Err(FormatError::WrongInstances(format!("{what} of {name}")));
        if filters.is_empty() {
            return fault("no leaf has the instances");
        }
        if let [None] = filters {
            return Ok(());
        }
        let set_error = |error| set_error(format!("the filters of {name}"), error);
        let domain = self.quota(|| self.domain(id, true)).map_err(set_error)?;
        let mut covered: Option<Set> = None;
        for filter in filters {
            let own = match filter {
                Some(filter) => self.quota(|| filter.intersect(&domain)).map_err(set_error)?,
                None => domain.clone(),
            };
            covered = Some(match &covered {
                None => own,
                Some(known) => {
                    let twice = self.quota(|| known.intersect(&own)?.is_empty());
                    if !twice.map_err(set_error)? {
                        return fault("several leaves have some instances");
                    }
                    self.quota(|| known.union(&own)).map_err(set_error)?
                }
            });
        }
        let complete = covered.map(|covered| self.quota(|| domain.is_subset(&covered)));
        match complete.transpose().map_err(set_error)? {
            Some(true) => Ok(()),
            _ => fault("no leaf has some instances"),
        }
    }

    /// What remains of one set in another.
    pub fn intersect(&self, left: Option<&Set>, right: &Set) -> Result<Set, FormatError> {
        let set =
            self.quota(|| left.map_or_else(|| Ok(right.clone()), |left| left.intersect(right)));
        set.map_err(|error| set_error("nested filters of the isl tree", error))
    }

    /// Whether a filter leaves all instances of a statement, at all sizes: what it says of others must stay in the
    /// leaf.
    pub fn is_whole(&self, id: StatementId, filter: &Set) -> Result<bool, FormatError> {
        let whole = self.quota(|| self.domain(id, false)?.is_subset(filter));
        whole.map_err(|error| set_error("a filter of the isl tree", error))
    }
}

/// Every parameter of a text is one of the program.
pub fn known_parameters(program: &Program, declared: &[String]) -> Result<(), FormatError> {
    let known: Vec<String> =
        program.parameters.iter().map(|parameter| parameter.name.clone()).collect();
    match declared.iter().find(|name| !known.contains(name)) {
        Some(name) => Err(FormatError::Unknown { kind: "parameter", name: (*name).clone(), known }),
        None => Ok(()),
    }
}

/// The statements that names stand for: their own, or by the order of the numbers in them.
fn match_names(
    program: &Program,
    pieces: &[Piece],
) -> Result<HashMap<String, StatementId>, FormatError> {
    let own = |name: &str| program.statement_named(name);
    let unknown = pieces.iter().find(|piece| own(&piece.name).is_none());
    let Some(unknown) = unknown else {
        let known = |piece: &Piece| own(&piece.name).map(|id| (piece.name.clone(), id));
        return Ok(pieces.iter().filter_map(known).collect());
    };
    let mut numbered: BTreeMap<(usize, u64), &str> = BTreeMap::new();
    let mut beginnings = std::collections::HashSet::new();
    for piece in pieces {
        let beginning = piece.name.trim_end_matches(|c: char| c.is_ascii_digit());
        let digits = piece.name.strip_prefix(beginning).unwrap_or_default();
        if let Ok(number) = digits.parse() {
            numbered.insert((digits.len().min(1), number), &piece.name);
        }
        beginnings.insert(beginning);
    }
    let names: std::collections::HashSet<&str> =
        pieces.iter().map(|piece| piece.name.as_str()).collect();
    if beginnings.len() == 1
        && numbered.len() == names.len()
        && names.len() == program.statements.len()
    {
        let numbered = numbered.into_values().enumerate();
        return Ok(numbered.map(|(at, name)| (name.to_owned(), StatementId(at))).collect());
    }
    Err(FormatError::Unknown {
        kind: "statement",
        name: unknown.name.clone(),
        known: program.statements.iter().map(|one| one.name.clone()).collect(),
    })
}
