// Node's own crypto is asked about keys at a moment of each: what a program of twenty lines around it checks.
//
//   node crypto.mjs CASES      CASES has one JSON object a line: name, key, jwks, issuer, product, at
//
// Prints one line for each: its name, `accepted` or `refused`, and why, between tabs.

import { verify } from "node:crypto";
import { readFileSync } from "node:fs";

function check({ key: text, jwks, issuer, product, at }) {
  const [header, payload, signature] = text.split(".");
  const { alg, kid, typ } = JSON.parse(Buffer.from(header, "base64url"));
  const key = JSON.parse(readFileSync(jwks, "utf8")).keys.find((key) => key.kid === kid && key.use === "sig");
  if (alg !== "EdDSA" || typ !== "license+jwt" || key === undefined) throw new Error("not a license key of these keys");
  const signed = Buffer.from(`${header}.${payload}`);
  if (!verify(null, signed, { key, format: "jwk" }, Buffer.from(signature, "base64url"))) throw new Error("bad signature");
  const claims = JSON.parse(Buffer.from(payload, "base64url"));
  if (claims.iss !== issuer) throw new Error("wrong issuer");
  if (claims.aud !== product) throw new Error("wrong audience");
  const now = Date.parse(at) / 1000;
  if (now < claims.nbf || now >= claims.exp) throw new Error("outside its term");
}

for (const line of readFileSync(process.argv[2], "utf8").split("\n").filter(Boolean)) {
  const question = JSON.parse(line);
  try {
    check(question);
    console.log([question.name, "accepted"].join("\t"));
  } catch (error) {
    console.log([question.name, "refused", error.message.replaceAll("\n", " ")].join("\t"));
  }
}
