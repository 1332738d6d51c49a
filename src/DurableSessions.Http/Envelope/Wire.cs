using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;
using DurableSessions.Core.State;
using DurableSessions.Http.Errors;

namespace DurableSessions.Http.Envelope;

/// <summary>Names and formats of the API.</summary>
internal static class Wire
{
    public const string ContentType = "application/json";

    /// <summary>The last segment of the URI of an archive's memory changes.</summary>
    public const string MemoryDiffFile = "memory_diff.json";

    public static JsonWriterOptions WriterOptions { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string SessionUri(SessionKey key) => $"viking://user/{key.User}/sessions/{key.Id}";

    public static string ArchiveId(int number) => "archive_" + number.ToString("D3", CultureInfo.InvariantCulture);

    public static string ArchiveUri(SessionKey key, int number) => $"{SessionUri(key)}/history/{ArchiveId(number)}";

    /// <summary>The number of an archive; <see langword="null"/> where the text is not an archive's id.</summary>
    public static int? ArchiveNumber(string archiveId) =>
        archiveId.StartsWith("archive_", StringComparison.Ordinal)
            && int.TryParse(archiveId.AsSpan("archive_".Length), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && ArchiveId(number) == archiveId
            ? number
            : null;

    public static ApiError ArchiveNotFound(string archiveId) => ApiError.NotFound($"Archive {archiveId} not found", "archive", archiveId);

    /// <summary>The stage of a task that runs.</summary>
    public static string? Stage(CommitStage? stage) => stage switch
    {
        CommitStage.Archive => "archiving",
        CommitStage.WaitForTurn => "waiting_turn",
        CommitStage.SemanticProcess => "summarizing",
        CommitStage.Switch => "switching",
        _ => null,
    };

    /// <summary>Why a commit archives nothing.</summary>
    public static string? SkipReason(SkipReason? reason) => reason switch
    {
        Core.Commits.SkipReason.NoMessages => "no_messages",
        Core.Commits.SkipReason.AllWithinKeepWindow => "all_within_keep_window",
        _ => null,
    };

    /// <summary>What OpenViking calls the cases.</summary>
    public const string Experiences = "experiences";

    /// <summary>The category of a name, also of <see cref="Experiences"/>; <see langword="null"/>: there is none.</summary>
    public static MemoryCategory? FindCategory(string name)
    {
        foreach (MemoryCategory category in Enum.GetValues<MemoryCategory>())
        {
            if (Category(category) == name)
            {
                return category;
            }
        }

        return name == Experiences ? MemoryCategory.Cases : null;
    }

    public static string Category(MemoryCategory category) => category.ToString().ToLowerInvariant();

    public static string MemoryUri(string user, MemoryKey memory) => memory.Peer is { } peer
        ? $"viking://user/{user}/peers/{peer}/memories/{Category(memory.Category)}/{memory.Name}.md"
        : $"viking://user/{user}/memories/{Category(memory.Category)}/{memory.Name}.md";

    /// <summary>Microseconds, with <c>+00:00</c>.</summary>
    public static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'+00:00'", CultureInfo.InvariantCulture);

    /// <summary>Seconds since 1970 with six decimals, the same microsecond as <see cref="Time"/>.</summary>
    public static void WriteUnixTime(this Utf8JsonWriter json, string name, DateTimeOffset time)
    {
        json.WritePropertyName(name);
        decimal seconds = (decimal)((time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond) / 1_000_000;
        json.WriteRawValue(seconds.ToString("F6", CultureInfo.InvariantCulture));
    }
}
