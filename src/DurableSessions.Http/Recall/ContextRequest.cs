using DurableSessions.Core.Identities;
using DurableSessions.Core.Recall;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Requests;

namespace DurableSessions.Http.Recall;

/// <summary>What a plugin asks for to put it into a prompt: the best of what fits, within quotas and a budget.</summary>
internal sealed record ContextRequest
{
    /// <summary>The most URIs that a client excludes.</summary>
    public const int MaxExcluded = 1_000;

    /// <summary>The most turns in which nothing is sent again.</summary>
    public const int MaxTurns = 100;

    private const int MinTokens = 64;
    private const int MaxTokens = 32_000;
    private const int DefaultTokens = 1_600;
    private const int DefaultEntries = 10;
    private const int CharactersOfAToken = 4;

    /// <summary>The prompt.</summary>
    public required string Query { get; init; }

    /// <summary>Whether memories and archives are wanted at all, and not only what this service has none of.</summary>
    public required bool WantsMemories { get; init; }

    /// <summary>The least score of an entry.</summary>
    public required double MinScore { get; init; }

    /// <summary>The most entries.</summary>
    public required int Limit { get; init; }

    /// <summary>The most entries of each category; a category that is not there has no limit of its own.</summary>
    public required IReadOnlyDictionary<string, int> Quotas { get; init; }

    /// <summary>The most estimated tokens of all entries' texts.</summary>
    public required int TokenBudget { get; init; }

    /// <summary>What is not to be sent.</summary>
    public required IReadOnlySet<string> Excluded { get; init; }

    /// <summary>The session whose turns are counted.</summary>
    public SessionKey? Session { get; init; }

    /// <summary>In so many turns of the session before this one nothing is sent twice.</summary>
    public int DedupTurns { get; init; }

    /// <summary>Whether the texts are wanted, or the lines that stand for them are enough.</summary>
    public bool WantsTexts { get; init; } = true;

    /// <summary>Whether the entries are wanted as one text, too.</summary>
    public bool WantsRendered { get; init; } = true;

    /// <summary>What may be found.</summary>
    public required SearchFilter Filter { get; init; }

    /// <summary>Reads the body of a search.</summary>
    public static ContextRequest OfSearch(JsonField body, Asker asker)
    {
        if (body["target_uri"] is { IsSet: true } target && SearchFields.Targets(target, asker.Caller).Count > 0)
        {
            throw target.Invalid("cannot narrow a context; leave it out.", "unsupported");
        }

        return Of(body, asker, body["score_threshold"], DefaultTokens);
    }

    /// <summary>Reads the body of OpenViking's older <c>recall</c>: a budget in characters, and its own names.</summary>
    public static ContextRequest OfRecall(JsonField body, Asker asker)
    {
        int tokens = body["max_chars"] is { IsSet: true } characters
            ? Math.Clamp(characters.Integer(1, int.MaxValue) / CharactersOfAToken, MinTokens, MaxTokens)
            : DefaultTokens;
        JsonField score = body["min_score"] is { IsSet: true } own ? own : body["score_threshold"];
        ContextRequest request = Of(body, asker, score, tokens);
        return body["render"] is not { IsSet: true } render ? request
            : render.Value.ValueKind == System.Text.Json.JsonValueKind.String
                ? request with
                {
                    WantsTexts = render.Text() switch
                    {
                        "full" => true,
                        "compact" => false,
                        _ => throw render.Invalid("must be true, false, full or compact.", "literal_error"),
                    },
                }
            : request with { WantsRendered = render.Boolean() };
    }

    private static ContextRequest Of(JsonField body, Asker asker, JsonField score, int tokens)
    {
        Caller caller = asker.Caller;
        JsonField session = body["session_id"];
        IReadOnlyDictionary<string, int> quotas = RecallQuotas.Of(body["quotas"]);
        return new ContextRequest
        {
            Query = SearchFields.Query(body),
            MinScore = SearchFields.Score(score, otherwise: SearchFields.PluginScore),
            Filter = FilterFields.Of(body, asker, isForPeer: false),
            WantsMemories = SearchFields.WantsMemories(body["context_type"]),
            Limit = body["limit"] is { IsSet: true } limit ? SearchFields.Limit(limit)
                : quotas.Count > 0 ? Math.Min(RecallQuotas.Sum(quotas), MemorySearch.MaxHits)
                : DefaultEntries,
            Quotas = quotas,
            TokenBudget = body["max_tokens"] is { IsSet: true } max ? max.Integer(MinTokens, MaxTokens) : tokens,
            Excluded = body["exclude_uris"] is { IsSet: true } excluded
                ? excluded.Items(MaxExcluded).Select(f => VikingUri.Of(f, caller).Text).ToHashSet(StringComparer.Ordinal)
                : new HashSet<string>(),
            Session = session.IsSet && session.Text().Length > 0 ? caller.Owner.Session(Ids.Check(session.Text(), session.At)) : null,
            DedupTurns = body["dedup_turns"] is { IsSet: true } turns ? turns.Integer(0, MaxTurns) : 0,
        };
    }
}
