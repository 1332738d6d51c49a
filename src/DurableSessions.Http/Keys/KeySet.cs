using System.Collections.Frozen;

namespace DurableSessions.Http.Keys;

/// <summary>The keys as storage had them at one moment.</summary>
internal sealed class KeySet(IReadOnlyList<ApiKey> keys)
{
    private readonly FrozenDictionary<string, ApiKey> _byId = keys.ToFrozenDictionary(static k => k.Id, StringComparer.Ordinal);

    /// <summary>All of them, oldest first.</summary>
    public IReadOnlyList<ApiKey> Keys { get; } = keys;

    /// <summary>The key that this is; <see langword="null"/> where it is none.</summary>
    public ApiKey? Find(string text) =>
        KeyText.IdOf(text) is { } id && _byId.TryGetValue(id, out ApiKey? key) && KeyText.Matches(text, key.Hash) ? key : null;
}
