using DurableSessions.Core.Commits;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.Tasks;

namespace DurableSessions.Http.Requests;

/// <summary>Reads the body of a request for an archive's digest.</summary>
internal static class DigestBody
{
    private static readonly Dictionary<string, DigestMode> s_modes = Enum.GetValues<DigestMode>()
        .ToDictionary(static m => m.ToString().ToLowerInvariant(), StringComparer.Ordinal);

    public static DigestRequest Read(JsonBody body)
    {
        TelemetryField.Check(body.Root);
        JsonField named = body.Root["mode"];
        if (!s_modes.TryGetValue(named.Text(), out DigestMode mode))
        {
            throw named.Invalid($"must be one of {string.Join(", ", s_modes.Keys)}.", "literal_error");
        }

        JsonField version = body.Root["version"];
        JsonField instructions = body.Root["instructions"];
        if (mode != DigestMode.Restore && version.IsSet)
        {
            throw version.Invalid("is of restore alone: what is made gets a version of its own.");
        }

        if (mode == DigestMode.Restore && instructions.IsSet)
        {
            throw instructions.Invalid("is not of restore: nothing is digested.");
        }

        return new DigestRequest(mode)
        {
            Version = mode == DigestMode.Restore ? version.Integer(1, int.MaxValue) : null,
            Instructions = instructions.IsSet ? Instructions(instructions) : null,
            IdempotencyKey = body.IdempotencyKey,
        };
    }

    private static string Instructions(JsonField field)
    {
        string text = field.Text();
        return text.Length is > 0 and <= SemanticRequest.MaxInstructionsLength && !string.IsNullOrWhiteSpace(text)
            ? text
            : throw field.Invalid(
                $"must be 1 to {SemanticRequest.MaxInstructionsLength} characters, and not blank.", "string_length");
    }
}
