// Node's own crypto checks keys: the signature with each JWK as lic exports it, and the claims by hand.
//
//   node crypto.mjs CASES      CASES has one line for each key: name, key, JWKS file, issuer and audience, between tabs
//
// Prints one line for each: its name, `accepted` or `refused`, and the claims as JSON or the reason.

import { verify } from "node:crypto";
import { readFileSync } from "node:fs";

function check(text, jwks, issuer, audience) {
  const [header, payload, signature] = text.split(".");
  const { kid, typ } = JSON.parse(Buffer.from(header, "base64url"));
  const key = jwks.keys.find((key) => key.kid === kid);
  if (typ !== "license+jwt" || key === undefined) throw new Error("not a license key of these keys");
  const signed = Buffer.from(`${header}.${payload}`);
  if (!verify(null, signed, { key, format: "jwk" }, Buffer.from(signature, "base64url"))) throw new Error("bad signature");
  const claims = JSON.parse(Buffer.from(payload, "base64url"));
  if (claims.iss !== issuer) throw new Error("wrong issuer");
  if (claims.aud !== audience) throw new Error("wrong audience");
  const now = Date.now() / 1000;
  if (now < claims.nbf || now >= claims.exp) throw new Error("outside its term");
  return claims;
}

for (const line of readFileSync(process.argv[2], "utf8").split("\n").filter(Boolean)) {
  const [name, key, jwks, issuer, audience] = line.split("\t");
  try {
    const claims = check(key, JSON.parse(readFileSync(jwks, "utf8")), issuer, audience);
    console.log([name, "accepted", JSON.stringify(claims)].join("\t"));
  } catch (error) {
    console.log([name, "refused", error.message].join("\t"));
  }
}
