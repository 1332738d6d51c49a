using DurableSessions.Core.Commits;

namespace DurableSessions.Http.Requests;

/// <summary>Reads a request to commit.</summary>
internal static class CommitBody
{
    private static readonly string[] OtherRetention =
        ["retention_mode", "keep_recent_turn_count", "retained_message_token_budget", "min_raw_tail_steps"];

    public static CommitRequest Read(JsonBody body)
    {
        foreach (string name in OtherRetention)
        {
            if (body.Root[name] is { IsSet: true } field)
            {
                throw field.Invalid("is not supported: only keep_recent_count says what stays live, and more than was asked for is never archived.");
            }
        }

        if (body.Root["extraction_metadata"] is { IsSet: true } metadata
            && metadata.Strict("event")["event"] is { IsSet: true } happening)
        {
            SettingsBody.CheckTags(happening.Strict("tags")["tags"]);
        }

        Telemetry.Check(body.Root);
        JsonField keep = body.Root["keep_recent_count"];
        return new CommitRequest
        {
            KeepRecentCount = keep.IsGiven ? keep.Integer(0, CommitRequest.MaxKeepRecentCount) : 0,
            IdempotencyKey = body.IdempotencyKey,
        };
    }
}
