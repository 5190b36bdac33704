//! Random programs under random schedules, looked at in four independent ways that must agree.
