using DurableSessions.Core.Identities;

namespace DurableSessions.Simulation.Tests.Model;

/// <summary>Messages that go into a session together; with a key, however often they are sent.</summary>
internal sealed class Utterance(string[] texts, IdempotencyKey? key)
{
    public string[] Texts { get; } = texts;

    public IdempotencyKey? Key { get; } = key;

    public List<Attempt> Attempts { get; } = [];

    /// <summary>The ids that the first answer gave.</summary>
    public IReadOnlyList<string>? Ids { get; set; }
}
