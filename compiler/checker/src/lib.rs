//! An independent judge of loop trees, and an interpreter whose values show every lost, doubled or
//! misordered instance.
