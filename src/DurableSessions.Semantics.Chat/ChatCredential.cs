namespace DurableSessions.Semantics.Chat;

/// <summary>What requests to a model are signed with: a key, or an identity's tokens. Neither, where the server asks for none.</summary>
/// <param name="Key">An API key.</param>
/// <param name="GetTokenAsync">A valid access token, asked for with every request; it is cached by whoever gives it.</param>
public sealed record ChatCredential(string? Key = null, Func<CancellationToken, ValueTask<string>>? GetTokenAsync = null);
