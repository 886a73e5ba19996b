//! Values that makers never filled in: every board of a series has the same, so that they count as missing.

/// Placeholders as they stand in firmware, in small letters.
const PLACEHOLDERS: [&str; 34] = [
    "to be filled by o.e.m.",
    "to be filled by oem",
    "default string",
    "default",
    "not specified",
    "not applicable",
    "not available",
    "not settable",
    "not provided",
    "system serial number",
    "system manufacturer",
    "system product name",
    "base board serial number",
    "board serial number",
    "chassis serial number",
    "serial number",
    "type2 - board serial number",
    "mb-1234567890",
    "none",
    "n/a",
    "null",
    "unknown",
    "undefined",
    "invalid",
    "empty",
    "o.e.m.",
    "oem",
    "uninitialized",
    "0123456789",
    "123456789",
    "1234567890",
    "03000200-0400-0500-0006-000700080009",
    "00020003-0004-0005-0006-000700080009",
    "12345678-1234-5678-90ab-cddeefaabbcc",
];

/// Parts of the names that virtual disks have where nobody gave them a serial number: the same in every machine of a host.
const OF_EVERY_DISK: [&str; 4] = ["persistent-disk-", "drive-scsi", "drive-virtio", "qm0000"];

/// Shorter values tell nothing.
const SHORTEST: usize = 4;

/// Whether a tidied value says nothing.
pub(super) fn is_blank(value: &str) -> bool {
    let signs: Vec<char> = value.chars().filter(|sign| sign.is_alphanumeric()).collect();
    signs.len() < SHORTEST
        || signs.iter().all(|sign| *sign == signs[0])
        || PLACEHOLDERS.contains(&value)
        || OF_EVERY_DISK.iter().any(|name| value.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_maker_left_blank_is_no_serial_number() {
        for blank in [
            "",
            "0",
            "to be filled by o.e.m.",
            "default string",
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "03000200-0400-0500-0006-000700080009",
            "................",
            "ab1",
            "xxxxxxxxxx",
            "0google persistentdisk persistent-disk-0",
            "uninitialized",
        ] {
            assert!(is_blank(blank), "{blank}");
        }
        for value in ["ab12", "4c4c4544-0051-3610-8052-b4c04f4d3332", "s4ewnx0r123456", "pf2abcde", "10000000a3b1c2d4"] {
            assert!(!is_blank(value), "{value}");
        }
    }
}
