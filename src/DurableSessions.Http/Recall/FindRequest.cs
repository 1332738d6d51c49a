using DurableSessions.Core.Recall;
using DurableSessions.Http.Requests;

namespace DurableSessions.Http.Recall;

/// <summary>What a client looks for, as a list of hits.</summary>
internal sealed record FindRequest
{
    /// <summary>The most URIs of a target.</summary>
    public const int MaxTargets = 100;

    private const int DefaultHits = 10;

    /// <summary>A question, or a whole prompt.</summary>
    public required string Query { get; init; }

    /// <summary>Only what is at one of these URIs, or below it; empty: anything.</summary>
    public required IReadOnlyList<VikingUri> Targets { get; init; }

    /// <summary>The most hits.</summary>
    public required int Limit { get; init; }

    /// <summary>The least score of a hit.</summary>
    public required double MinScore { get; init; }

    /// <summary>Whether memories and archives are looked for at all, and not only what this service has none of.</summary>
    public required bool WantsMemories { get; init; }

    /// <summary>What may be found.</summary>
    public required SearchFilter Filter { get; init; }

    /// <summary>Reads the fields of a body.</summary>
    public static FindRequest Of(JsonField body, Asker asker) => new()
    {
        Query = SearchFields.Query(body),
        Targets = SearchFields.Targets(body["target_uri"], asker.Caller),
        Limit = (body["node_limit"] is { IsSet: true } nodes ? nodes : body["limit"]) is { IsSet: true } limit
            ? SearchFields.Limit(limit)
            : DefaultHits,
        MinScore = SearchFields.Score(body["score_threshold"], otherwise: 0),
        Filter = FilterFields.Of(body, asker, isForPeer: true),
        WantsMemories = SearchFields.WantsMemories(body["context_type"]),
    };
}
