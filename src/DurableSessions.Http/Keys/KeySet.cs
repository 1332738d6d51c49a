using System.Collections.Frozen;

namespace DurableSessions.Http.Keys;

/// <summary>The keys of one read of storage.</summary>
internal sealed class KeySet(IReadOnlyList<ApiKey> keys)
{
    private readonly FrozenDictionary<string, ApiKey> _byId = keys.ToFrozenDictionary(static k => k.Id, StringComparer.Ordinal);

    /// <summary>All keys, oldest first.</summary>
    public IReadOnlyList<ApiKey> Keys { get; } = keys;

    /// <summary>The key with this id; <see langword="null"/> for none.</summary>
    public ApiKey? FindById(string id) => _byId.GetValueOrDefault(id);

    /// <summary>The key of this text; <see langword="null"/> where the text is no key. It may have expired.</summary>
    public ApiKey? Find(string text) =>
        KeyText.IdOf(text) is { } id && _byId.TryGetValue(id, out ApiKey? key) && KeyText.Matches(text, key.Hash) ? key : null;
}
