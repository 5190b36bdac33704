//! The learned model: an ONNX network that gives the logarithm of a tree's running time.
//!
//! The file has three inputs, `statements` `[batch, count, OWN_WIDTH]`, `accesses`
//! `[batch, count, ACCESSES, ACCESS_FIELDS]` and `globals` `[batch, GLOBAL_WIDTH]`; one output `log_time` `[batch]` (natural logarithm of milliseconds), and
//! the hash of the feature schema in its metadata under [`SCHEMA_KEY`]. Both `batch` and `count` may
//! have any value; rows that are all zero are absent statements.

use crate::features::Features;
use crate::features::layout::{
    ACCESS_FIELDS, ACCESSES, GLOBAL_WIDTH, OWN_WIDTH, STATEMENT_WIDTH, STATEMENTS,
};
use crate::schema_hash;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tract_onnx::prelude::*;
use tract_onnx::tract_hir::internal::ToDim;

/// The metadata entry that holds the hash of the feature schema.
pub const SCHEMA_KEY: &str = "loopwright.feature_schema";

/// More bytes than any model has.
const LONGEST: u64 = 64 << 20;

/// The model that ships with the compiler.
static SHIPPED: &[u8] = include_bytes!("../model/cost_model.onnx");

/// The file of the model that ships with the compiler.
pub fn shipped_bytes() -> &'static [u8] {
    SHIPPED
}

/// What a model file says of itself, by key: the hash of its features' schema under [`SCHEMA_KEY`], and what
/// training wrote beside it.
pub fn metadata(bytes: &[u8]) -> Result<BTreeMap<String, String>, ModelError> {
    let corrupt = |error: TractError| ModelError::Corrupt { detail: format!("{error:#}") };
    let proto = tract_onnx::onnx().proto_model_for_read(&mut &*bytes).map_err(corrupt)?;
    Ok(proto.metadata_props.into_iter().map(|entry| (entry.key, entry.value)).collect())
}

type Plan = Arc<TypedRunnableModel>;

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("the model file {} cannot be read: {source}", path.display())]
    Missing { path: PathBuf, source: std::io::Error },
    #[error("the model is not a complete ONNX file: {detail}")]
    Corrupt { detail: String },
    #[error(
        "the model was trained on other features than this version extracts (schema {found}, \
         expected {expected}); train it again"
    )]
    SchemaMismatch { expected: String, found: String },
    #[error("the model has no entry `{SCHEMA_KEY}`, so it is not one of Loopwright's")]
    NoSchema,
    #[error("the model does not take or give arrays of the right shape: {detail}")]
    BadShape { detail: String },
    #[error("the model holds a weight or gave a result that is not a finite number")]
    NotFinite,
}

/// A loaded model. Loading checks the file once; predictions may run on several threads.
pub struct CostModel {
    network: TypedModel,
    metadata: Vec<(String, String)>,
    count: Symbol,
    /// One plan for each number of statement rows, made when it is first needed.
    plans: Mutex<HashMap<usize, Plan>>,
}

impl std::fmt::Debug for CostModel {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("CostModel").finish_non_exhaustive()
    }
}

impl CostModel {
    /// The model that ships with the compiler.
    pub fn shipped() -> Result<Self, ModelError> {
        Self::from_bytes(SHIPPED)
    }

    /// Reads a model file.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        Self::from_bytes(&Self::read(path)?)
    }

    /// The contents of a model file, if it has an end: not those of `/dev/zero`.
    pub fn read(path: &Path) -> Result<Vec<u8>, ModelError> {
        let missing = |source| ModelError::Missing { path: path.to_owned(), source };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(missing)?;
        file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(missing)?;
        if bytes.len() as u64 > LONGEST {
            let detail = format!("it is longer than {} MiB", LONGEST >> 20);
            return Err(ModelError::Corrupt { detail });
        }
        Ok(bytes)
    }

    /// Reads a model from a file's contents and tries it on one tree without any work.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        let corrupt = |error: TractError| ModelError::Corrupt { detail: format!("{error:#}") };
        let onnx = tract_onnx::onnx().with_ignore_value_info(true).with_ignore_output_shapes(true);
        let proto = onnx.proto_model_for_read(&mut &*bytes).map_err(corrupt)?;
        let found = proto
            .metadata_props
            .iter()
            .find(|entry| entry.key == SCHEMA_KEY)
            .map(|entry| entry.value.clone())
            .ok_or(if proto.graph.is_none() {
                ModelError::Corrupt { detail: "it holds no graph".to_owned() }
            } else {
                ModelError::NoSchema
            })?;
        let expected = schema_hash();
        if found != expected {
            return Err(ModelError::SchemaMismatch { expected, found });
        }
        if !proto.graph.iter().flat_map(|graph| &graph.initializer).all(is_finite) {
            return Err(ModelError::NotFinite);
        }
        let network = onnx.model_for_proto_model(&proto).map_err(corrupt)?;
        let metadata =
            proto.metadata_props.into_iter().map(|entry| (entry.key, entry.value)).collect();
        let model = Self::with_shapes(network, metadata)
            .map_err(|error| ModelError::BadShape { detail: format!("{error:#}") })?;
        let trial = Features::from_list(&vec![0.0; GLOBAL_WIDTH + STATEMENT_WIDTH])
            .map_err(|error| ModelError::BadShape { detail: error.to_string() })?;
        model.predict(&[trial])?;
        Ok(model)
    }

    fn with_shapes(network: InferenceModel, metadata: Vec<(String, String)>) -> TractResult<Self> {
        let batch = network.symbols.sym("batch");
        let count = network.symbols.sym("count");
        let access = [ACCESSES.to_dim(), ACCESS_FIELDS.len().to_dim()];
        let shapes: [TVec<TDim>; 3] = [
            tvec![batch.to_dim(), count.to_dim(), OWN_WIDTH.to_dim()],
            [batch.to_dim(), count.to_dim()].into_iter().chain(access).collect(),
            tvec![batch.to_dim(), GLOBAL_WIDTH.to_dim()],
        ];
        let mut network = network;
        for (input, shape) in shapes.into_iter().enumerate() {
            network = network.with_input_fact(input, f32::fact(shape).into())?;
        }
        let network = network.into_typed()?;
        Ok(Self { network, metadata, count, plans: Mutex::default() })
    }

    /// What the file says of itself: the schema's hash, the hash of the training data, figures.
    pub fn metadata(&self) -> &[(String, String)] {
        &self.metadata
    }

    /// Natural logarithms of the running times, in milliseconds, of all trees in one call.
    pub fn predict(&self, trees: &[Features]) -> Result<Vec<f32>, ModelError> {
        let Some(count) = trees.iter().map(Features::statement_count).max() else {
            return Ok(Vec::new());
        };
        let count = count.clamp(1, STATEMENTS);
        let wrong = |error: TractError| ModelError::BadShape { detail: format!("{error:#}") };
        let plan = self.plan(count).map_err(wrong)?;
        let rows = trees.len() * count;
        let mut statements = Vec::with_capacity(rows * OWN_WIDTH);
        let mut accesses = Vec::with_capacity(rows * (STATEMENT_WIDTH - OWN_WIDTH));
        let mut globals = Vec::with_capacity(trees.len() * GLOBAL_WIDTH);
        for (position, tree) in trees.iter().enumerate() {
            for (own, access) in tree.statement_rows() {
                statements.extend_from_slice(own);
                accesses.extend_from_slice(access);
            }
            let rows = (position + 1) * count;
            statements.resize(rows * OWN_WIDTH, 0.0);
            accesses.resize(rows * (STATEMENT_WIDTH - OWN_WIDTH), 0.0);
            globals.extend_from_slice(tree.globals());
        }
        let inputs = || -> TractResult<TVec<TValue>> {
            let shape = [trees.len(), count, ACCESSES, ACCESS_FIELDS.len()];
            Ok(tvec![
                Tensor::from_shape(&[trees.len(), count, OWN_WIDTH], &statements)?.into(),
                Tensor::from_shape(&shape, &accesses)?.into(),
                Tensor::from_shape(&[trees.len(), GLOBAL_WIDTH], &globals)?.into(),
            ])
        };
        let outputs = plan.run(inputs().map_err(wrong)?).map_err(wrong)?;
        let missing = || ModelError::BadShape { detail: "it has no output".to_owned() };
        let output = outputs.first().ok_or_else(missing)?;
        let times = output.to_plain_array_view::<f32>().map_err(wrong)?;
        if times.len() != trees.len() {
            let detail = format!("{} results for {} trees", times.len(), trees.len());
            return Err(ModelError::BadShape { detail });
        }
        if !times.iter().all(|time| time.is_finite()) {
            return Err(ModelError::NotFinite);
        }
        Ok(times.iter().copied().collect())
    }

    /// Logarithms of the speedups of trees over their original.
    pub fn log_speedups(
        &self,
        original: &Features,
        trees: &[Features],
    ) -> Result<Vec<f32>, ModelError> {
        let base = self.predict(std::slice::from_ref(original))?;
        let base = base.first().copied().unwrap_or(0.0);
        Ok(self.predict(trees)?.into_iter().map(|time| base - time).collect())
    }

    fn plan(&self, count: usize) -> TractResult<Plan> {
        // A poisoned lock only means that another thread stopped while it held whole plans.
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = plans.get(&count) {
            return Ok(plan.clone());
        }
        let values = HashMap::from([(self.count.clone(), count.to_dim())]);
        let plan = self.network.clone().set_symbols(&values)?.into_optimized()?.into_runnable()?;
        plans.insert(count, plan.clone());
        Ok(plan)
    }
}

/// Whether all values of a tensor of 32-bit floats are finite; other tensors are taken to be.
fn is_finite(tensor: &tract_onnx::pb::TensorProto) -> bool {
    use tract_onnx::pb::tensor_proto::DataType;
    let (words, _) = tensor.raw_data.as_chunks::<4>();
    tensor.data_type != DataType::Float as i32
        || (words.iter().all(|word| f32::from_le_bytes(*word).is_finite())
            && tensor.float_data.iter().all(|value| value.is_finite()))
}
