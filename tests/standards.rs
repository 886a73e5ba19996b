//! Other people's vectors: Project Wycheproof's for Ed25519, and the examples of RFC 8037, appendix A.
//!
//! The messages of Wycheproof are any bytes, so that they cannot stand in a license. They go to [`PublicKey::signed`], through
//! which the verifier of keys and that of status lists check every signature; signatures of another length than 64 bytes never
//! come that far, which is shown with a license that carries them.

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signer, SigningKey};
use lic::token::{KeySet, Kid, PublicKey, Reason, Verifier};
use wycheproof::TestResult;
use wycheproof::eddsa::{TestName, TestSet};

fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Why a license with this signature is refused.
fn refusal(signature: &[u8], key: &PublicKey) -> Option<Reason> {
    let header = format!(r#"{{"alg":"EdDSA","kid":"{}","typ":"license+jwt"}}"#, key.kid());
    let text = format!("{}.{}.{}", encode(header.as_bytes()), encode(b"{}"), encode(signature));
    let keys: KeySet = [key.clone()].into_iter().collect();
    Verifier::for_any_product(keys).verify(text, "2027-06-01".parse().unwrap()).err().map(|refusal| refusal.reason)
}

#[test]
fn every_vector_of_wycheproof_comes_out_as_it_should() {
    let set = TestSet::load(TestName::Ed25519).unwrap();
    let (mut accepted, mut refused, mut of_another_length) = (0, 0, 0);
    for group in &set.test_groups {
        let bytes: [u8; 32] = group.key.pk.as_ref().try_into().unwrap();
        let key = PublicKey::from_bytes(&bytes).unwrap();
        // The key travels in every form that is read.
        let pem = group.pem.replace("\r\n", "\n");
        assert_eq!(PublicKey::from_pem(&pem).unwrap(), key);
        for test in &group.tests {
            let good = match <&[u8; 64]>::try_from(test.sig.as_ref()) {
                Ok(signature) => key.signed(&test.msg, signature),
                Err(_) => {
                    assert_eq!(refusal(&test.sig, &key), Some(Reason::WrongLength), "{}: {}", test.tc_id, test.comment);
                    of_another_length += 1;
                    false
                }
            };
            let wanted = match test.result {
                TestResult::Valid => true,
                TestResult::Invalid => false,
                TestResult::Acceptable => panic!("{}: what is to come of it?", test.tc_id),
            };
            assert_eq!(good, wanted, "{}: {} {:?}", test.tc_id, test.comment, test.flags);
            *(if good { &mut accepted } else { &mut refused }) += 1;
        }
    }
    assert_eq!(accepted + refused, set.number_of_tests);
    // A set that grew is read again before these are.
    assert_eq!((accepted, refused, of_another_length), (88, 63, 12));
}

/// RFC 8037, appendix A.1.
const SEED: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
const PUBLIC: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
/// Appendix A.4: the text that is signed, and the signature.
const SIGNED: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
const SIGNATURE: &str = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

fn decode<const N: usize>(text: &str) -> [u8; N] {
    Base64UrlUnpadded::decode_vec(text).unwrap().try_into().unwrap()
}

#[test]
fn the_examples_of_rfc_8037_come_out_as_they_are_printed() {
    let private = SigningKey::from_bytes(&decode(SEED));
    let public = PublicKey::try_from(private.verifying_key()).unwrap();
    // A.2: the public key, as a JWK that is read.
    assert_eq!(public.x(), PUBLIC);
    let jwk = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{PUBLIC}"}}"#);
    assert_eq!(KeySet::parse(&jwk).unwrap().iter().next(), Some(&public));
    // A.3: its thumbprint begins with its name.
    assert!("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k".starts_with(Kid::of(public.verifying()).as_str()));
    // A.4: what it signs; the JSON and the text are encoded as they are printed.
    assert_eq!(format!("{}.{}", encode(br#"{"alg":"EdDSA"}"#), encode(b"Example of Ed25519 signing")), SIGNED);
    assert_eq!(encode(&private.sign(SIGNED.as_bytes()).to_bytes()), SIGNATURE);
    // A.5: what is checked.
    assert!(public.signed(SIGNED.as_bytes(), &decode(SIGNATURE)));
    assert!(!public.signed(SIGNED.replace("eyJ", "eyK").as_bytes(), &decode(SIGNATURE)));
    // A signature that is good makes no license of it.
    let keys: KeySet = [public].into_iter().collect();
    let refusal = Verifier::for_any_product(keys).verify(format!("{SIGNED}.{SIGNATURE}"), "2027-06-01".parse().unwrap());
    assert_eq!(refusal.unwrap_err().reason, Reason::MalformedHeader);
}

#[cfg(feature = "authority")]
#[test]
fn what_lic_signs_is_signed_as_rfc_8037_says() {
    let private = SigningKey::from_bytes(&decode(SEED));
    let text = include_str!("../keys.example/acme-pro.lic");
    let (_, claims) = lic::token::inspect(text.as_bytes()).unwrap();
    let key = lic::token::sign(&claims, &private);
    let (signed, signature) = key.rsplit_once('.').unwrap();
    assert_eq!(signature, encode(&private.sign(signed.as_bytes()).to_bytes()));
}
