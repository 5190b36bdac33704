//! A schedule as a record has it.

use super::super::super::write::to_looperset;
use super::Writer;
use loopwright_ir::{Schedule, StatementId, Step};
use serde_json::{Map, Value, json};

impl Writer<'_> {
    /// One entry of `schedules_list`.
    pub(super) fn schedule(&self, schedule: &Schedule, times: &[f64], roots: &[Value]) -> Value {
        let mut record = Map::new();
        let (text, left_out) = match to_looperset(self.program, schedule, true) {
            Ok(written) => (written.text, written.left_out),
            Err(error) => (String::new(), vec![error.to_string()]),
        };
        for (id, statement) in self.program.statements.iter().enumerate() {
            record.insert(statement.name.clone(), self.fields(id, schedule));
        }
        record.insert("fusions".into(), Value::Null);
        record.insert("sched_str".into(), json!(text));
        record.insert("tree_structure".into(), json!({"roots": roots}));
        record.insert("legality_check".into(), json!(true));
        record.insert("exploration_method".into(), json!(0));
        record.insert("execution_times".into(), json!(times));
        record.insert("loopwright_schedule".into(), json!(schedule.to_string()));
        record.insert("left_out".into(), json!(left_out));
        Value::Object(record)
    }

    /// What v1 says of one computation: of the source's loops alone.
    fn fields(&self, id: usize, schedule: &Schedule) -> Value {
        let (mut parallel, mut unrolling, mut tiling) = (Value::Null, Value::Null, json!({}));
        let mut matrices: Vec<[i64; 16]> = Vec::new();
        for step in schedule.steps() {
            let position = |name: &str| self.position(id, step.statement(), name);
            match step {
                Step::Parallelize { loop_name, .. } => {
                    if let Some(at) = position(loop_name.trim_end_matches("_t")) {
                        parallel = json!(self.path(id).get(at));
                    }
                }
                Step::Unroll { loop_name, factor, .. } if position(loop_name).is_some() => {
                    unrolling = json!(factor.to_string());
                }
                Step::Tile { loops, sizes, .. } if tiling == json!({}) => {
                    let at: Option<Vec<usize>> = loops.iter().map(|name| position(name)).collect();
                    let Some(at) = at else { continue };
                    let dims: Vec<Option<&String>> =
                        at.iter().map(|at| self.path(id).get(*at)).collect();
                    let factors: Vec<String> = sizes.iter().map(u32::to_string).collect();
                    tiling = json!({
                        "tiling_depth": dims.len(), "tiling_dims": dims, "tiling_factors": factors,
                    });
                }
                Step::Interchange { outer, inner, .. } => {
                    if let (Some(outer), Some(inner)) = (position(outer), position(inner)) {
                        let mut tag = [0; 16];
                        [tag[0], tag[1], tag[2]] = [1, outer as i64, inner as i64];
                        matrices.push(tag);
                    }
                }
                Step::Reverse { loop_name, .. } => {
                    if let Some(at) = position(loop_name) {
                        let mut tag = [0; 16];
                        [tag[0], tag[3]] = [2, at as i64];
                        matrices.push(tag);
                    }
                }
                _ => {}
            }
        }
        json!({
            "shiftings": null, "tiling": tiling, "unrolling_factor": unrolling,
            "parallelized_dim": parallel,
            "transformations_list": matrices.iter().map(|tag| tag.to_vec()).collect::<Vec<_>>(),
        })
    }

    /// At which depth a loop that stands around `named` stands around a statement, too.
    fn position(&self, id: usize, named: &str, loop_name: &str) -> Option<usize> {
        let StatementId(named) = self.program.statement_named(named)?;
        let statement = self.program.statements.get(named)?;
        let depth = statement.iterators.iter().position(|one| one.name == loop_name)?;
        let unique = self.path(named).get(depth)?;
        self.path(id).iter().position(|one| one == unique)
    }
}
