// npm's jose is asked about keys at a moment of each, with every check that it offers.
//
//   node jose.mjs CASES      CASES has one JSON object a line: name, key, jwks, issuer, product, at
//
// Prints one line for each: its name, `accepted` or `refused`, and why, between tabs.

import { readFileSync } from "node:fs";
import { createLocalJWKSet, jwtVerify } from "jose";

for (const line of readFileSync(process.argv[2], "utf8").split("\n").filter(Boolean)) {
  const { name, key, jwks, issuer, product, at } = JSON.parse(line);
  const keys = createLocalJWKSet(JSON.parse(readFileSync(jwks, "utf8")));
  const options = { algorithms: ["EdDSA"], typ: "license+jwt", issuer, audience: product, currentDate: new Date(at) };
  try {
    await jwtVerify(key, keys, options);
    console.log([name, "accepted"].join("\t"));
  } catch (error) {
    console.log([name, "refused", error.message.replaceAll("\n", " ")].join("\t"));
  }
}
