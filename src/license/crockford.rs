//! Crockford's base32 alphabet, and a check character over it.
//!
//! The alphabet leaves out I, L, O and U, and reads `O` as `0`, and `I` and `L` as `1`, so that a code survives being
//! read out over the telephone. The check character is a weighted sum over GF(32): every single wrong character and
//! every swap of two neighbours is found.

/// The 32 symbols, in the order of their values.
pub const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// x^5 + x^2 + 1, primitive over GF(2): the powers of x run through all 31 non-zero elements.
const POLYNOMIAL: u8 = 0b10_0101;

/// The value (0 to 31) of a character as a person may have typed it, or `None` where it is no symbol.
#[must_use]
pub fn value(character: char) -> Option<u8> {
    let upper = match character.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let byte = u8::try_from(upper).ok()?;
    ALPHABET.iter().position(|&symbol| symbol == byte).and_then(|at| u8::try_from(at).ok())
}

/// The symbol of a value; only the low five bits count.
#[must_use]
pub fn symbol(value: u8) -> char {
    char::from(ALPHABET[usize::from(value & 31)])
}

/// The check value of a run of values, at most 30 long for the promise in the module's first lines to hold.
#[must_use]
pub fn check(values: &[u8]) -> u8 {
    // Horner's rule in GF(32): the last value is weighted with x, the one before with x², and so on, while the check
    // character itself has the weight 1. All weights differ, hence the two promises.
    values.iter().fold(0, |sum, &value| times_x(sum ^ (value & 31)))
}

fn times_x(value: u8) -> u8 {
    let shifted = value << 1;
    if shifted & 0b10_0000 == 0 { shifted } else { shifted ^ POLYNOMIAL }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn look_alikes_are_read_as_meant() {
        assert_eq!(value('o'), value('0'));
        assert_eq!(value('I'), value('1'));
        assert_eq!(value('l'), value('1'));
        assert_eq!(value('u'), None);
        assert_eq!(value('Ä'), None);
    }

    proptest! {
        #[test]
        fn every_symbol_reads_back(number in 0u8..32) {
            prop_assert_eq!(value(symbol(number)), Some(number));
        }

        #[test]
        fn one_wrong_value_changes_the_check(values in prop::collection::vec(0u8..32, 1..30), at in 0usize..30, other in 1u8..32) {
            let mut wrong = values.clone();
            let at = at % values.len();
            wrong[at] ^= other;
            prop_assert_ne!(check(&values), check(&wrong));
        }

        #[test]
        fn a_swap_of_neighbours_changes_the_check(values in prop::collection::vec(0u8..32, 2..30), at in 0usize..29) {
            let at = at % (values.len() - 1);
            prop_assume!(values[at] != values[at + 1]);
            let mut wrong = values.clone();
            wrong.swap(at, at + 1);
            prop_assert_ne!(check(&values), check(&wrong));
        }

        #[test]
        fn swapping_the_check_with_its_neighbour_is_found(values in prop::collection::vec(0u8..32, 1..30)) {
            let last = values.len() - 1;
            let sum = check(&values);
            prop_assume!(values[last] != sum);
            let mut wrong = values.clone();
            wrong[last] = sum;
            prop_assert_ne!(check(&wrong), values[last]);
        }
    }
}
