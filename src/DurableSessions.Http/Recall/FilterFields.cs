using System.Globalization;
using System.Text.RegularExpressions;
using DurableSessions.Core.Recall;
using DurableSessions.Core.State;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Requests;

namespace DurableSessions.Http.Recall;

/// <summary>
/// What narrows a search: <c>filter</c> with <c>session_id</c>, <c>role</c>, <c>peer_id</c>, <c>since</c>, <c>until</c>,
/// <c>category</c> and <c>tags</c>; OpenViking's <c>since</c>, <c>until</c> and <c>tags</c> beside it, in its notations; and whose view a
/// search has.
/// </summary>
internal static partial class FilterFields
{
    private const int MaxLabel = 512;

    private static readonly string[] s_fields = ["session_id", "role", "peer_id", "since", "until", "category", "tags"];

    private static readonly string[] s_categories = [.. Enum.GetValues<MemoryCategory>().Select(Wire.Category), Recollection.Sessions];

    /// <summary>Reads the fields of a body.</summary>
    /// <param name="body">The body.</param>
    /// <param name="asker">Who asks, and when.</param>
    /// <param name="isForPeer">Whether the view is that of the peer alone where the body does not say.</param>
    public static SearchFilter Of(JsonField body, Asker asker, bool isForPeer)
    {
        JsonField filter = body["filter"];
        if (filter.IsSet && filter.Object().Value.EnumerateObject().Any(static p => !s_fields.Contains(p.Name, StringComparer.Ordinal)))
        {
            // Without the name: a client's own may have a word in it that a plugin looks for in errors.
            throw filter.Invalid($"has a field that is not known; there are {string.Join(", ", s_fields)}.", "unknown_key");
        }

        if (body["time_field"] is { IsSet: true } timeField && timeField.Text() != "updated_at")
        {
            throw timeField.Invalid("is not supported here but as updated_at; leave it out.", "unsupported");
        }

        JsonField since = One(body["since"], filter["since"]);
        JsonField until = One(body["until"], filter["until"]);
        DateTimeOffset? from = TimeOf(since, asker.Now, isEnd: false);
        DateTimeOffset? to = TimeOf(until, asker.Now, isEnd: true);
        if (from >= to)
        {
            throw until.Invalid("must not be before since.");
        }

        string? category = filter["category"] is { IsSet: true } named ? CategoryOf(named) : null;
        return new SearchFilter
        {
            SessionId = filter["session_id"] is { IsSet: true } session ? Ids.Check(session.Text(), session.At) : null,
            Role = filter["role"] is { IsSet: true } role ? role.Label(MaxLabel) : null,
            Peer = filter["peer_id"] is { IsSet: true } peer ? peer.Label(MaxLabel) : null,
            From = from,
            To = to,
            Category = category is null ? null : Wire.FindCategory(category),
            OnlySessions = category == Recollection.Sessions,
            Tags = One(body["tags"], filter["tags"]) is var tags && SearchFields.IsGiven(tags) ? SettingsBody.ReadTags(tags)! : [],
            SeenBy = SeenBy(body["peer_scope"], asker.Peer, isForPeer),
            MemoriesSeenBy = body["peer_scope"].IsSet ? null : asker.Peer,
        };
    }

    // A scope without a peer has what names none.
    private static string? SeenBy(JsonField scope, string? peer, bool isForPeer) => !scope.IsSet
        ? isForPeer ? peer : null
        : scope.Text() switch
        {
            "actor" => peer ?? "",
            "all" => null,
            _ => throw scope.Invalid("must be actor or all.", "literal_error"),
        };

    private static string CategoryOf(JsonField field) =>
        field.Text() == Recollection.Sessions || Wire.FindCategory(field.Text()) is not null ? field.Text()
        : throw field.Invalid($"must be one of {string.Join(", ", s_categories)}.", "literal_error");

    private static JsonField One(JsonField beside, JsonField within) =>
        !SearchFields.IsGiven(beside) ? within
        : !within.IsSet ? beside
        : throw within.Invalid("is given twice: in the filter and beside it.");

    // A bound is within: the end of a search is the first moment behind it.
    private static DateTimeOffset? TimeOf(JsonField field, DateTimeOffset now, bool isEnd)
    {
        if (!SearchFields.IsGiven(field))
        {
            return null;
        }

        string text = field.Text().Trim();
        if (Ago().Match(text) is { Success: true } ago && double.Parse(ago.Groups[1].ValueSpan, CultureInfo.InvariantCulture) is var amount)
        {
            double seconds = amount * ago.Groups[2].Value switch
            {
                "s" => 1,
                "m" => 60,
                "h" => 3_600,
                "d" => 86_400,
                _ => 604_800,
            };
            return seconds <= (now - DateTimeOffset.UnixEpoch).TotalSeconds
                ? End(now - TimeSpan.FromSeconds(seconds))
                : throw field.Invalid("must not go back before 1970.");
        }

        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day))
        {
            var begin = new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero);
            return isEnd && day < DateOnly.MaxValue ? begin.AddDays(1) : begin;
        }

        return Iso().IsMatch(text)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? End(time)
            : throw field.Invalid("must be a time in ISO 8601, a date, or a time ago such as 45s, 30m, 12h, 7d or 2w.", "datetime_parsing");

        DateTimeOffset End(DateTimeOffset moment) => isEnd && moment < DateTimeOffset.MaxValue ? moment.AddTicks(1) : moment;
    }

    [GeneratedRegex(@"\A([0-9]{1,9})([smhdw])\z", RegexOptions.CultureInvariant)]
    private static partial Regex Ago();

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}", RegexOptions.CultureInvariant)]
    private static partial Regex Iso();
}
