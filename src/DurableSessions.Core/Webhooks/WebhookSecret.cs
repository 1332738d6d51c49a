using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DurableSessions.Core.Webhooks;

/// <summary>The secret by which webhooks are signed, as Standard Webhooks 1.0 has it: base64, with or without <c>whsec_</c>.</summary>
/// <remarks>https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md</remarks>
internal sealed class WebhookSecret
{
    /// <summary>The fewest bytes of a secret.</summary>
    public const int MinBytes = 24;

    /// <summary>The most bytes of a secret.</summary>
    public const int MaxBytes = 64;

    private const string Prefix = "whsec_";

    private readonly byte[] _key;

    private WebhookSecret(byte[] key) => _key = key;

    /// <summary>Reads a secret; <see langword="null"/>: it is not base64, too short or too long.</summary>
    public static WebhookSecret? Find(string text)
    {
        ReadOnlySpan<char> base64 = text.StartsWith(Prefix, StringComparison.Ordinal) ? text.AsSpan(Prefix.Length) : text;
        byte[] key = new byte[MaxBytes + 2];
        return Convert.TryFromBase64Chars(base64, key, out int length) && length is >= MinBytes and <= MaxBytes
            ? new WebhookSecret(key[..length])
            : null;
    }

    /// <summary>The header <c>webhook-signature</c> of a message.</summary>
    /// <param name="id">The header <c>webhook-id</c>.</param>
    /// <param name="timestamp">The header <c>webhook-timestamp</c>: Unix time in seconds.</param>
    /// <param name="body">The body, to the byte.</param>
    public string Sign(string id, long timestamp, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        hmac.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}.")));
        hmac.AppendData(body);
        return $"v1,{Convert.ToBase64String(hmac.GetHashAndReset())}";
    }

    /// <summary>Not the secret.</summary>
    public override string ToString() => $"{Prefix}***";
}
