// Checks a license key offline and says what it grants.
//
//   npm install jose
//   node verify.mjs FILE [MACHINE-ID]      without FILE, or with -, the key comes from standard input
//
// Exit code: 0 the license is valid, 1 the key could not be read, 3 the license is refused.
// A signature cannot tell whether the vendor has revoked the license since it was signed.
//
// Without jose: node:crypto checks the signature alone, of `${header}.${payload}` as the key spells them, with
//   crypto.verify(null, Buffer.from(signed), { key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" }, signature)
// and everything that `verify` below asks of the header and the claims is then yours to check.

import { readFileSync } from "node:fs";
import { decodeProtectedHeader, importJWK, jwtVerify } from "jose";

const ISSUER = "{{issuer}}";
const PRODUCT = "{{product}}";

// The vendor's public keys by key id. What any other key signed is refused.
const KEYS = new Map([
  ["{{kid}}", "{{x}}"],
]);

/** The claims of a license key; the error says why a key is refused. */
async function verify(text, machine) {
  const armoured = text.match(/-----BEGIN LICENSE-----(.*?)-----END LICENSE-----/s);
  const key = (armoured ? armoured[1] : text).replace(/\s/g, "");

  const header = decodeProtectedHeader(key);
  if (Object.keys(header).sort().join() !== "alg,kid,typ") throw new Error("not a license key");
  if (!KEYS.has(header.kid)) throw new Error("not signed by a key of this vendor");

  const publicKey = await importJWK({ kty: "OKP", crv: "Ed25519", x: KEYS.get(header.kid) }, "EdDSA");
  const { payload: claims } = await jwtVerify(key, publicKey, {
    algorithms: ["EdDSA"], // never the one that the key names
    typ: "license+jwt",
    issuer: ISSUER,
    audience: PRODUCT,
    requiredClaims: ["sub", "jti", "nbf"],
  });
  if (claims.ver !== 1) throw new Error("made for a newer program");
  const bound = claims.machines?.bound ?? [];
  if (bound.length > 0 && !bound.includes(machine)) throw new Error("bound to other machines");
  return claims;
}

/** The last day before an end, UTC. */
const lastDay = (end) => new Date((end - 1) * 1000).toISOString().slice(0, 10);

const [path = "-", machine] = process.argv.slice(2);
let text;
try {
  text = readFileSync(path === "-" ? 0 : path, "utf8");
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exit(1);
}
try {
  const claims = await verify(text, machine);
  const stops = claims.exp; // the moment it stops working, grace days included; absent: never
  const ends = claims.ends ?? stops; // the agreed end, where there are grace days
  console.log(`valid:    ${claims.jti}`);
  console.log(`customer: ${claims.customer}`);
  console.log(`tier:     ${claims.tier_name}`);
  console.log(`seats:    ${claims.seats ?? "unlimited"}`);
  console.log(`features: ${claims.features?.join(", ") ?? "none"}`);
  console.log(`until:    ${ends ? lastDay(ends) : "no end"}`);
  if (ends <= Date.now() / 1000) console.log(`grace:    please renew, it stops working after ${lastDay(stops)}`);
} catch (error) {
  console.error(`refused: ${error.message}`);
  process.exit(3);
}
