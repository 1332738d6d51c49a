using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DurableSessions.Http.Keys;

/// <summary>
/// The text of a key, as its owner has it: <c>dsk_{id}_{secret}</c>, the secret 256 random bits. A random secret of this length cannot be
/// found from its SHA-256; a slow hash, as for passwords that people choose, would only cost every request its time.
/// </summary>
internal static class KeyText
{
    public const int IdLength = 12;

    private static readonly SearchValues<char> IdCharacters = SearchValues.Create("0123456789abcdef");

    private const string Prefix = "dsk_";
    private const int SecretBytes = 32;
    private const int SecretLength = 43;
    private const int Length = 4 + IdLength + 1 + SecretLength;

    /// <summary>A new key, and the id in it.</summary>
    public static (string Id, string Text) Create()
    {
        string id = RandomNumberGenerator.GetHexString(IdLength, lowercase: true);
        string secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        return (id, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{id}_{secret}"));
    }

    /// <summary>The id in the text of a key; <see langword="null"/> where the text has not the form of a key.</summary>
    public static string? IdOf(string text) =>
        text.Length == Length && text.StartsWith(Prefix, StringComparison.Ordinal) && text[Prefix.Length + IdLength] == '_'
            && !text.AsSpan(Prefix.Length, IdLength).ContainsAnyExcept(IdCharacters)
            ? text.Substring(Prefix.Length, IdLength)
            : null;

    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Whether a key has this hash, compared in constant time.</summary>
    public static bool Matches(string text, string hash) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Hash(text)), Encoding.ASCII.GetBytes(hash));
}
