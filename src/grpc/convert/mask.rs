//! Update masks (AIP-134): no mask writes what is set, `*` writes everything writable, output-only paths are ignored.

use crate::grpc::fields::Fields;
use prost_types::FieldMask;

/// Which fields an update writes.
pub struct Mask {
    paths: Option<Vec<String>>,
}

impl Mask {
    /// Reads a mask over `writable` and `ignored` fields; any other path is refused.
    pub fn read(
        fields: &mut Fields,
        mask: Option<FieldMask>,
        writable: &[&str],
        ignored: &[&str],
    ) -> Self {
        let paths = mask.map(|mask| mask.paths).filter(|paths| !paths.is_empty());
        let Some(paths) = paths else {
            return Self { paths: None };
        };
        if paths.iter().any(|path| path == "*") {
            if paths.len() > 1 {
                fields.bad("update_mask", "must not name other fields beside *");
            }
            return Self { paths: Some(writable.iter().map(|&path| path.to_owned()).collect()) };
        }
        for path in &paths {
            if !writable.contains(&path.as_str()) && !ignored.contains(&path.as_str()) {
                fields.bad(
                    "update_mask",
                    format!("must name only these fields: {}", writable.join(", ")),
                );
                break;
            }
        }
        Self { paths: Some(paths) }
    }

    /// Whether a field is written; without a mask, whether it is set.
    pub fn writes(&self, path: &str, is_set: bool) -> bool {
        self.paths.as_ref().map_or(is_set, |paths| paths.iter().any(|named| named == path))
    }
}
