using DurableSessions.Fuzzing.Targets;

namespace DurableSessions.Fuzzing;

/// <summary>What is fuzzed: each target takes any bytes, and throws where a parser does not do with them what it says.</summary>
internal static class Target
{
    public static IReadOnlyDictionary<string, Action<byte[]>> All { get; } = new SortedDictionary<string, Action<byte[]>>
    {
        ["ids"] = IdTarget.Run,
        ["line"] = LineTarget.Run,
        ["manifest"] = ManifestTarget.Run,
        ["message"] = MessageTarget.Run,
        ["query"] = QueryTarget.Run,
        ["redaction"] = RedactionTarget.Run,
        ["redaction-time"] = RedactionTimeTarget.Run,
        ["request"] = RequestTarget.Run,
        ["tokens"] = TokenTarget.Run,
        ["uri"] = UriTarget.Run,
    };
}
