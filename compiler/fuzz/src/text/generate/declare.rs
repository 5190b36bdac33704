//! Parameters, arrays and scalars.

use super::Generator;
use crate::text::region::{Array, Extent, Form, Parameter, Place};
use crate::text::types::{CType, Range};

/// Element types by weight.
const ELEMENTS: [(CType, u32); 11] = [
    (CType::Double, 44),
    (CType::Float, 16),
    (CType::Int, 13),
    (CType::Long, 5),
    (CType::Unsigned, 5),
    (CType::UnsignedLong, 3),
    (CType::Short, 3),
    (CType::UnsignedShort, 3),
    (CType::Char, 3),
    (CType::UnsignedChar, 3),
    (CType::Bool, 2),
];

/// What elements of signed integer arrays are taken to be: sums of a few of them stay small.
const SMALL: Range = Range { least: -2000, greatest: 2000 };

impl Generator {
    pub(super) fn declare(&mut self) {
        self.region.called = self.choices.chance(5);
        let parameters = 1 + self.choices.weighted(&[45, 40, 15]);
        for position in 0..parameters {
            self.choices.open();
            self.parameter(position);
            self.choices.close();
        }
        let arrays = 2 + self.choices.weighted(&[30, 35, 25, 10]);
        for position in 0..arrays {
            self.choices.open();
            self.array(position);
            self.choices.close();
        }
        let scalars = self.choices.weighted(&[40, 35, 25]);
        for position in 0..scalars {
            self.choices.open();
            self.scalar(position);
            self.choices.close();
        }
    }

    fn parameter(&mut self, position: usize) {
        let types = [
            (CType::Int, 70),
            (CType::Long, 9),
            (CType::Unsigned, 7),
            (CType::Short, 4),
            (CType::UnsignedChar, 3),
            (CType::UnsignedLong, 3),
            (CType::UnsignedShort, 2),
            (CType::Char, 2),
        ];
        let ctype = self.weighted_type(&types);
        if ctype != CType::Int {
            self.seen("parameter of another type than int");
        }
        let value = match self.choices.weighted(&[45, 35, 20]) {
            0 => self.choices.range(4, 12),
            1 => self.choices.range(13, 24),
            _ => {
                self.seen("extents beyond 24");
                self.choices.range(25, 70)
            }
        };
        let place = if self.choices.chance(15) { Place::Global } else { Place::Argument };
        let name = self.global(["n", "m", "p"].get(position).unwrap_or(&"q"));
        self.region.parameters.push(Parameter { name, ctype, place, value });
    }

    pub(super) fn weighted_type(&mut self, types: &[(CType, u32)]) -> CType {
        let weights: Vec<u32> = types.iter().map(|(_, weight)| *weight).collect();
        let place = self.choices.weighted(&weights);
        types.get(place).map_or(CType::Int, |(ctype, _)| *ctype)
    }

    fn constant_extent(&mut self) -> Extent {
        let constant = match self.choices.weighted(&[50, 35, 15]) {
            0 => self.choices.range(6, 16),
            1 => self.choices.range(17, 30),
            _ => self.choices.range(31, 75),
        };
        let text = match self.choices.weighted(&[60, 20, 10, 10]) {
            1 => {
                self.seen("macro constant");
                let name = self.fresh(&format!("C{}_", self.region.number));
                self.region.prelude.push_str(&format!("#define {name} {constant}\n"));
                name
            }
            2 => {
                self.seen("enumeration constant");
                let name = self.fresh(&format!("E{}_", self.region.number));
                self.region.prelude.push_str(&format!("enum {{ {name} = {constant} }};\n"));
                name
            }
            3 => {
                self.seen("macro constant");
                let name = self.fresh(&format!("C{}_", self.region.number));
                self.region.prelude.push_str(&format!("#define {name} ({} + 2)\n", constant - 2));
                name
            }
            _ => constant.to_string(),
        };
        Extent { text, parameter: None, factor: 0, constant }
    }

    fn extent(&mut self) -> Extent {
        if self.choices.chance(22) {
            return self.constant_extent();
        }
        let position = self.choices.below(self.region.parameters.len() as u32) as usize;
        let name = self.region.parameters[position].name.clone();
        let (factor, constant) = match self.choices.weighted(&[65, 25, 10]) {
            0 => (1, 0),
            1 => (1, self.choices.range(1, 3)),
            _ => (2, self.choices.range(0, 1)),
        };
        let mut text = if factor == 1 { name } else { format!("{factor} * {name}") };
        if constant != 0 {
            text.push_str(&format!(" + {constant}"));
        }
        Extent { text, parameter: Some(position), factor, constant }
    }

    fn array(&mut self, position: usize) {
        let ctype = self.weighted_type(&ELEMENTS);
        let rank = 1 + self.choices.weighted(&[52, 40, 8]);
        let place = match self.choices.weighted(&[70, 15, 15]) {
            0 => Place::Argument,
            1 => Place::Global,
            _ => Place::Local,
        };
        let mut extents: Vec<Extent> = (0..rank)
            .map(|_| if place == Place::Global { self.constant_extent() } else { self.extent() })
            .collect();
        // Three large dimensions are more memory than a test needs.
        if rank == 3 && self.elements(&extents) > 20_000 {
            extents.truncate(2);
        }
        let form = match self.choices.weighted(&[50, 20, 20, 10]) {
            0 => Form::Array,
            1 => Form::Pointer,
            2 => Form::Restrict,
            _ => Form::Open,
        };
        if place == Place::Local {
            self.seen("local array");
        }
        if place == Place::Global {
            self.seen("array at file scope");
        }
        let stem = ["A", "B", "C", "D", "F"].get(position).unwrap_or(&"G");
        let name = if place == Place::Global { self.global(stem) } else { (*stem).to_owned() };
        let (mut spelling, range) = (self.spelling(ctype), content_range(ctype));
        // The first array can always be written.
        let writable = position == 0 || !self.choices.chance(35);
        if place == Place::Argument && !writable && self.choices.chance(30) {
            spelling = format!("const {spelling}");
        }
        if place == Place::Global && self.choices.chance(40) {
            spelling = format!("static {spelling}");
        }
        self.see_type(ctype);
        let tame = !writable;
        let text = name.clone();
        let mut array =
            Array { name, text, ctype, spelling, extents, place, form, writable, range, tame };
        self.otherwise(&mut array);
        self.region.arrays.push(array);
    }

    /// Now and then an array argument in another form: flattened, as a table of rows, in a structure.
    fn otherwise(&mut self, array: &mut Array) {
        let rank = array.extents.len();
        if array.place != Place::Argument || rank > 2 {
            return;
        }
        match (self.choices.weighted(&[58, 14, 14, 14]), rank) {
            (1, 2) => {
                self.seen("matrix in one dimension");
                array.form = Form::Flat;
            }
            (2, 2) => {
                self.seen("pointer to pointers");
                array.form = Form::Rows;
            }
            (3, _) => {
                self.seen("array in a structure");
                array.form = Form::Member;
                let extents = array.extents.iter().map(|_| self.constant_extent());
                array.extents = extents.collect();
                array.spelling = array.ctype.spelling().to_owned();
                (array.text, array.name) =
                    (format!("g->{}", array.name), format!("g_{}", array.name));
            }
            _ => {}
        }
    }

    /// The parameters that the frontend makes for how far apart rows lie.
    pub(super) fn strides(&mut self) {
        let values = self.region.values();
        for array in self.region.arrays.iter().filter(|array| array.form == Form::Rows) {
            let Some(extent) = array.extents.get(1) else { continue };
            let (name, value) = (format!("{}_ld", array.name), extent.value(&values));
            let (ctype, place) = (CType::Long, Place::Derived);
            self.region.parameters.push(Parameter { name, ctype, place, value });
        }
    }

    fn elements(&self, extents: &[Extent]) -> i64 {
        let values = self.region.values();
        extents.iter().map(|extent| extent.value(&values)).product()
    }

    fn see_type(&mut self, ctype: CType) {
        self.seen(match ctype {
            CType::Double => "double",
            CType::Float => "float",
            CType::Int => "int",
            CType::Long => "long",
            CType::Unsigned => "unsigned",
            CType::UnsignedLong => "unsigned long",
            CType::Short => "short",
            CType::UnsignedShort => "unsigned short",
            CType::Char => "signed char",
            CType::UnsignedChar => "unsigned char",
            CType::Bool => "_Bool",
        });
    }

    /// The type's name, now and then by way of a typedef.
    pub(super) fn spelling(&mut self, ctype: CType) -> String {
        if !self.choices.chance(10) {
            return ctype.spelling().to_owned();
        }
        self.seen("typedef");
        let name = self.fresh(&format!("T{}_", self.region.number));
        self.region.prelude.push_str(&format!("typedef {} {name};\n", ctype.spelling()));
        name
    }

    fn scalar(&mut self, position: usize) {
        let ctype = self.weighted_type(&ELEMENTS);
        let place = match self.choices.weighted(&[55, 20, 25]) {
            0 => Place::Argument,
            1 => Place::Global,
            _ => Place::Local,
        };
        let stem = ["s", "t"].get(position).unwrap_or(&"u");
        let name = if place == Place::Global { self.global(stem) } else { (*stem).to_owned() };
        // An integer that is never written is a parameter; those have sizes as values.
        let writable = !ctype.is_float() || self.choices.chance(55);
        self.seen("scalar");
        self.see_type(ctype);
        let (spelling, range) = (self.spelling(ctype), content_range(ctype));
        let (extents, form, tame) = (Vec::new(), Form::Array, !writable);
        let text = name.clone();
        let array =
            Array { name, text, ctype, spelling, extents, place, form, writable, range, tame };
        self.region.arrays.push(array);
    }
}

/// What elements are taken to be: all values where arithmetic cannot overflow.
fn content_range(ctype: CType) -> Range {
    match ctype {
        CType::Int | CType::Long => SMALL,
        CType::Double | CType::Float => Range::new(0, 0),
        other => other.values(),
    }
}
