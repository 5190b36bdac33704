//! Schedules in the languages of others: LOOPerSet's strings and isl's schedule trees.
