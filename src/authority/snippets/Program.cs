// Checks a license key offline and says what it grants.
//
//   dotnet new console && dotnet add package BouncyCastle.Cryptography      and put this file in place of Program.cs
//   dotnet run -- FILE [MACHINE-ID]      without FILE, or with -, the key comes from standard input
//
// Exit code: 0 the license is valid, 1 the key could not be read, 3 the license is refused.
// A signature cannot tell whether the vendor has revoked the license since it was signed.
//
// For .NET 6 and newer. Ed25519 comes from the package BouncyCastle.Cryptography, which is managed code throughout.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

/// <summary>Why a key is refused.</summary>
class RefusedException : Exception
{
    public RefusedException(string reason) : base(reason) { }
}

static class Program
{
    const string Issuer = "{{issuer}}";
    const string Product = "{{product}}";

    // The vendor's public keys by key id. What any other key signed is refused.
    static readonly Dictionary<string, string> Keys = new Dictionary<string, string>
    {
        ["{{kid}}"] = "{{x}}",
    };

    /// <summary>The claims of a license key; the exception says why a key is refused.</summary>
    static JsonElement Verify(string text, string machine, DateTimeOffset now)
    {
        Match armoured = Regex.Match(text, "-----BEGIN LICENSE-----(.*?)-----END LICENSE-----", RegexOptions.Singleline);
        string key = Regex.Replace(armoured.Success ? armoured.Groups[1].Value : text, @"[\s\uFEFF]", "");
        string[] part = key.Split('.');
        if (part.Length != 3) throw new RefusedException("not a license key");

        JsonElement header = ReadObject(part[0]);
        bool exact = header.EnumerateObject().Select(member => member.Name).OrderBy(name => name, StringComparer.Ordinal)
            .SequenceEqual(new[] { "alg", "kid", "typ" });
        if (!exact || ReadText(header, "alg") != "EdDSA" || ReadText(header, "typ") != "license+jwt")
            throw new RefusedException("not a license key");
        if (!Keys.TryGetValue(ReadText(header, "kid"), out var publicKey))
            throw new RefusedException("not signed by a key of this vendor");

        byte[] signed = Encoding.ASCII.GetBytes(part[0] + "." + part[1]);
        var verifier = new Ed25519Signer();
        verifier.Init(false, new Ed25519PublicKeyParameters(Decode(publicKey), 0));
        verifier.BlockUpdate(signed, 0, signed.Length);
        if (!verifier.VerifySignature(Decode(part[2]))) throw new RefusedException("the signature does not match");

        JsonElement claims = ReadObject(part[1]);
        if (ReadNumber(claims, "ver") != 1) throw new RefusedException("made for a newer program");
        if (ReadText(claims, "iss") != Issuer) throw new RefusedException("issued by another authority");
        if (ReadText(claims, "aud") != Product) throw new RefusedException("for another product");
        if (now.ToUnixTimeSeconds() < (ReadNumber(claims, "nbf") ?? long.MaxValue)) throw new RefusedException("not valid yet");
        // Grace days are included in exp; without one, the license never ends.
        if (now.ToUnixTimeSeconds() >= (ReadNumber(claims, "exp") ?? long.MaxValue)) throw new RefusedException("expired");
        if (claims.TryGetProperty("machines", out JsonElement machines)
            && machines.TryGetProperty("bound", out JsonElement bound)
            && !bound.EnumerateArray().Any(item => item.GetString() == machine))
            throw new RefusedException("bound to other machines");
        return claims;
    }

    static byte[] Decode(string segment)
    {
        if (!Regex.IsMatch(segment, @"^[A-Za-z0-9_-]+\z")) throw new RefusedException("not a license key");
        string standard = segment.Replace('-', '+').Replace('_', '/');
        try
        {
            return Convert.FromBase64String(standard.PadRight((standard.Length + 3) / 4 * 4, '='));
        }
        catch (FormatException)
        {
            throw new RefusedException("not a license key");
        }
    }

    static JsonElement ReadObject(string segment)
    {
        try
        {
            JsonElement value = JsonDocument.Parse(Decode(segment), new JsonDocumentOptions { MaxDepth = 256 }).RootElement;
            if (value.ValueKind == JsonValueKind.Object) return value;
        }
        catch (JsonException) { }
        throw new RefusedException("not a license key");
    }

    static string ReadText(JsonElement from, string name) =>
        from.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() ?? "" : "";

    /// <summary>A whole number; null where there is none of this name.</summary>
    static long? ReadNumber(JsonElement from, string name)
    {
        if (!from.TryGetProperty(name, out JsonElement value)) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number)) return number;
        throw new RefusedException("not a license key");
    }

    /// <summary>The last day before an end, UTC.</summary>
    static string LastDay(long end) => DateTimeOffset.FromUnixTimeSeconds(end - 1).ToString("yyyy-MM-dd");

    static int Main(string[] args)
    {
        string text;
        try
        {
            text = args.Length > 0 && args[0] != "-" ? File.ReadAllText(args[0]) : Console.In.ReadToEnd();
        }
        catch (Exception error) when (error is IOException || error is UnauthorizedAccessException)
        {
            Console.Error.WriteLine("error: " + error.Message);
            return 1;
        }
        try
        {
            DateTimeOffset now = DateTimeOffset.UtcNow;
            JsonElement claims = Verify(text, args.Length > 1 ? args[1] : "", now);
            long? stops = ReadNumber(claims, "exp");
            long? ends = ReadNumber(claims, "ends") ?? stops; // the agreed end, before any grace days
            var features = claims.TryGetProperty("features", out JsonElement names)
                ? names.EnumerateArray().Select(name => name.GetString()) : new[] { "none" };
            Console.OutputEncoding = new UTF8Encoding(false);
            Console.WriteLine("valid:    " + ReadText(claims, "jti"));
            Console.WriteLine("customer: " + ReadText(claims, "customer"));
            Console.WriteLine("tier:     " + ReadText(claims, "tier_name"));
            Console.WriteLine("seats:    " + (ReadNumber(claims, "seats")?.ToString() ?? "unlimited"));
            Console.WriteLine("features: " + string.Join(", ", features));
            Console.WriteLine("until:    " + (ends is long end ? LastDay(end) : "no end"));
            if (ends is long due && due <= now.ToUnixTimeSeconds())
                Console.WriteLine("grace:    please renew, it stops working after " + LastDay(stops ?? due));
            return 0;
        }
        catch (RefusedException refused)
        {
            Console.Error.WriteLine("refused: " + refused.Message);
            return 3;
        }
        catch (InvalidOperationException) // text that is no Unicode
        {
            Console.Error.WriteLine("refused: not a license key");
            return 3;
        }
    }
}
