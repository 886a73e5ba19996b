//! A license's signed form: claims, the strict JWS verifier, armour, key sets and verdicts.
