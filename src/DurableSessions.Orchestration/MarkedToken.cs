using System.Security.Cryptography;
using System.Text;

namespace DurableSessions.Orchestration;

/// <summary>
/// The continuation token of a backend, marked by the engine that hands it on: one of another engine, or a damaged one, is known before
/// the backend is asked, whose answer to it does not always say what is wrong.
/// </summary>
public static class MarkedToken
{
    private const int CheckBytes = 4;

    /// <summary>The token with its mark, eight characters longer than <paramref name="engine"/> and the token.</summary>
    /// <param name="engine">What begins the tokens of an engine, and of no other.</param>
    /// <param name="token">The backend's; <see langword="null"/>: there is no next page.</param>
    public static string? Write(string engine, string? token) => token is null ? null : engine + Check(token) + token;

    /// <summary>The backend's token.</summary>
    /// <param name="engine">As it was written.</param>
    /// <param name="marked">What a client has sent; <see langword="null"/>: it begins.</param>
    /// <exception cref="ArgumentException">It was not written by this engine, or was changed since.</exception>
    public static string? Read(string engine, string? marked)
    {
        ArgumentNullException.ThrowIfNull(engine);
        if (marked is null)
        {
            return null;
        }

        int start = engine.Length + (CheckBytes * 2);
        string token = marked.Length > start ? marked[start..] : "";
        return marked == Write(engine, token)
            ? token
            : throw new ArgumentException("The continuation token is not one of a listing.", nameof(marked));
    }

    private static string Check(string token) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)).AsSpan(0, CheckBytes));
}
