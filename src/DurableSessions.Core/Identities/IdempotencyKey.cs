using System.Security.Cryptography;
using System.Text;

namespace DurableSessions.Core.Identities;

/// <summary>A client's name for one request, by which its repetition is recognised.</summary>
public sealed class IdempotencyKey
{
    /// <summary>The longest key, in characters.</summary>
    public const int MaxLength = 256;

    private readonly byte[] _requestHash;

    /// <summary>Creates the key of a request.</summary>
    /// <param name="key">What the client sent: 1 to <see cref="MaxLength"/> characters.</param>
    /// <param name="request">The request's body, and all else that distinguishes it from another request.</param>
    /// <exception cref="ArgumentException">The key is empty, or too long.</exception>
    public IdempotencyKey(string key, ReadOnlySpan<byte> request)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(key.Length, MaxLength);
        Value = key;
        _requestHash = SHA256.HashData(request);
    }

    /// <summary>The key as the client sent it.</summary>
    public string Value { get; }

    /// <summary>SHA-256 of the request, in lower-case hexadecimal.</summary>
    public string RequestHash => Convert.ToHexStringLower(_requestHash);

    /// <summary>As <see cref="RequestHash"/>, in bytes.</summary>
    internal ReadOnlySpan<byte> RequestHashBytes => _requestHash;

    /// <summary>SHA-256 of the key for one purpose, in lower-case hexadecimal.</summary>
    internal string Hash(string purpose) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{purpose} {Value}")));
}
