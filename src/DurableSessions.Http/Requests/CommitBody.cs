using DurableSessions.Core.Configuration;
using DurableSessions.Core.Retaining;
using DurableSessions.Core.Tasks;

namespace DurableSessions.Http.Requests;

/// <summary>Reads the body of a commit request.</summary>
internal static class CommitBody
{
    /// <summary>The retention mode that keeps turns; without one, messages are kept.</summary>
    public const string TurnBudget = "turn_budget";

    private const string RetentionMode = "retention_mode";
    private const string KeepTurns = "keep_recent_turn_count";
    private const string TokenBudget = "retained_message_token_budget";
    private const string MinTailSteps = "min_raw_tail_steps";

    /// <param name="body">The body.</param>
    /// <param name="webhooks">Whether and where a commit may have its end reported.</param>
    public static CommitRequest Read(JsonBody body, WebhookSettings webhooks)
    {
        IReadOnlyList<string>? tags = body.Root["extraction_metadata"] is { IsSet: true } metadata
            && metadata.Strict("event")["event"] is { IsSet: true } happening
                ? SettingsBody.ReadTags(happening.Strict("tags")["tags"])
                : null;
        TelemetryField.Check(body.Root);
        JsonField keep = body.Root["keep_recent_count"];
        return new CommitRequest
        {
            KeepRecentCount = keep.IsGiven ? keep.Integer(0, CommitRequest.MaxKeepRecentCount) : 0,
            Turns = ReadTurns(body.Root),
            EventTags = tags,
            Webhook = ReadWebhook(body.Root, webhooks),
            IdempotencyKey = body.IdempotencyKey,
        };
    }

    private static string? ReadWebhook(JsonField body, WebhookSettings webhooks)
    {
        if (body["webhook"] is not { IsSet: true } webhook)
        {
            return null;
        }

        JsonField url = webhook.Strict("url")["url"];
        string text = url.Text();
        return webhooks.Refuse(text) is { } refusal ? throw url.Invalid(refusal) : text;
    }

    // On the wire, null is the same as no field.
    private static TurnRetention? ReadTurns(JsonField body)
    {
        if (body[RetentionMode] is { IsSet: true } mode)
        {
            return mode.Text() == TurnBudget
                ? Turns(body)
                : throw mode.Invalid($"must be '{TurnBudget}', or must not be there: then keep_recent_count says what stays live.");
        }

        foreach (string name in (string[])[KeepTurns, TokenBudget, MinTailSteps])
        {
            if (body[name] is { IsSet: true } field)
            {
                throw field.Invalid($"needs {RetentionMode} '{TurnBudget}'.");
            }
        }

        return null;
    }

    private static TurnRetention Turns(JsonField body)
    {
        var turns = new TurnRetention();
        return turns with
        {
            KeepTurns = Integer(body[KeepTurns], 0, TurnRetention.MaxKeepTurns, turns.KeepTurns),
            TokenBudget = Integer(body[TokenBudget], 1, long.MaxValue, turns.TokenBudget),
            MinTailSteps = Integer(body[MinTailSteps], 0, TurnRetention.MaxMinTailSteps, turns.MinTailSteps),
        };
    }

    private static T Integer<T>(JsonField field, T min, T max, T otherwise)
        where T : System.Numerics.IBinaryInteger<T> => field.IsSet ? field.Integer(min, max) : otherwise;
}
