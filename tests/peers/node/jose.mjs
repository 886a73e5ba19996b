// npm's jose checks keys: signature, type, issuer, audience and term, with the public keys as lic exports them (JWKS).
//
//   node jose.mjs CASES      CASES has one line for each key: name, key, JWKS file, issuer and audience, between tabs
//
// Prints one line for each: its name, `accepted` or `refused`, and the claims as JSON or the reason.

import { readFileSync } from "node:fs";
import { createLocalJWKSet, jwtVerify } from "jose";

for (const line of readFileSync(process.argv[2], "utf8").split("\n").filter(Boolean)) {
  const [name, key, jwks, issuer, audience] = line.split("\t");
  const keys = createLocalJWKSet(JSON.parse(readFileSync(jwks, "utf8")));
  try {
    const { payload } = await jwtVerify(key, keys, { algorithms: ["EdDSA"], typ: "license+jwt", issuer, audience });
    console.log([name, "accepted", JSON.stringify(payload)].join("\t"));
  } catch (error) {
    console.log([name, "refused", error.message].join("\t"));
  }
}
