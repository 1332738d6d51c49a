namespace DurableSessions.Semantics.Chat;

/// <summary>
/// The credential of requests to a model: an API key, or access tokens. Neither, where the server needs no authentication.
/// </summary>
/// <param name="Key">An API key; ignored where <paramref name="GetTokenAsync"/> is set.</param>
/// <param name="GetTokenAsync">Returns a valid access token. It is called for every request; the token provider caches the token.</param>
public sealed record ChatCredential(string? Key = null, Func<CancellationToken, ValueTask<string>>? GetTokenAsync = null);
