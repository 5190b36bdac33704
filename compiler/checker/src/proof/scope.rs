//! Several scopes side by side in one question, which share the parameters.

use super::Form;
use super::question::Part;
use super::rows::moved_row;
use super::tree::Place;

/// A place as one of the scopes of a question.
pub(crate) struct Scope {
    pub parameters: usize,
    /// By how many columns the variables are moved.
    pub offset: usize,
    pub depth: usize,
    pub part: Part,
}

impl Scope {
    /// The scope whose variables stand `offset` columns after the parameters.
    pub fn new(parameters: usize, offset: usize, place: &Place) -> Self {
        let move_all =
            |rows: &[_]| rows.iter().map(|row| moved_row(row, parameters, offset)).collect();
        let part = Part {
            always: move_all(&place.part.always),
            cases: place.part.cases.iter().map(|case| move_all(case)).collect(),
        };
        Self { parameters, offset, depth: place.loops.len(), part }
    }

    /// The variable of the loop at a depth.
    pub fn variable(&self, depth: usize) -> Form {
        Form::column(self.parameters + self.offset + depth)
    }

    pub fn form(&self, form: &Form) -> Form {
        form.moved(self.parameters, self.offset)
    }

    pub fn forms(&self, forms: &[Form]) -> Vec<Form> {
        forms.iter().map(|form| self.form(form)).collect()
    }
}
