//! Output formats: table, JSON, JSON Lines, CSV, TSV, Markdown and bare names, from the same view structs.
