using System.Globalization;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Storage;

namespace DurableSessions.Model.Tests.State;

/// <summary>
/// The names of blobs as numbers, and as the product writes them. Attempts have a number too: twice the commit, plus 0 or 1.
/// </summary>
/// <remarks>
/// A random name is one by the process that draws it and how often it has: see <see cref="Checking.FreshName"/>.
/// </remarks>
internal static class Names
{
    public const int MaxDraws = 16;
    public const int MaxProcesses = 16;
    private const int MaxNumber = 64;

    private const int KindBits = 20;
    private const int SegmentKind = 1 << KindBits;
    private const int RetainedKind = 2 << KindBits;
    private const int ArchiveKind = 3 << KindBits;
    private const int RecordKind = 4 << KindBits;
    private const int DigestKind = 5 << KindBits;

    public static readonly SessionKey Session = new("acme", "ann", "s");

    /// <summary>The catalogue of memories, which belongs to the user and no session.</summary>
    public const int Catalogue = 6 << KindBits;

    public static int Segment(int incarnation, int number, int process, int draw) =>
        SegmentKind | (((((incarnation * MaxNumber) + number) * MaxProcesses) + process) * MaxDraws) + draw;

    public static int Retained(int attempt) => RetainedKind | attempt;

    public static int Archive(int attempt) => ArchiveKind | attempt;

    public static int Record(int attempt) => RecordKind | attempt;

    public static int Digest(int attempt) => DigestKind | attempt;

    public static bool IsImmutable(int key) => key >> KindBits == 2;

    public static bool IsSegment(int key) => key >> KindBits is 1 or 2;

    public static bool IsRecord(int key) => key >> KindBits == 4;

    public static int AttemptOf(int key) => key & ((1 << KindBits) - 1);

    public static int IncarnationOf(int key) =>
        key >> KindBits == 1 ? AttemptOf(key) / (MaxDraws * MaxProcesses * MaxNumber) : 0;

    public static int NumberOf(int segment) => AttemptOf(segment) / (MaxDraws * MaxProcesses) % MaxNumber;

    public static string Incarnation(int incarnation) => "i" + incarnation.ToString(CultureInfo.InvariantCulture);

    public static int IncarnationOf(string incarnation) =>
        int.Parse(incarnation.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture);

    public static CommitId Commit(int attempt) => new("c" + (attempt / 2).ToString(CultureInfo.InvariantCulture));

    public static int AttemptOf(CommitId commit, int attempt) =>
        (2 * int.Parse(commit.Value.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture)) + attempt - 1;

    public static CommitAttempt Attempt(int attempt) => new(Session, Incarnation(0), Commit(attempt), (attempt % 2) + 1);

    public static string Blob(int key)
    {
        if (IsImmutable(key))
        {
            return BlobNames.Retained(Attempt(AttemptOf(key)));
        }

        int rest = AttemptOf(key);
        string prefix = BlobNames.SegmentPrefix(Session, Incarnation(IncarnationOf(key)));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{prefix}{NumberOf(key):D6}-p{rest / MaxDraws % MaxProcesses}d{rest % MaxDraws}.jsonl");
    }

    /// <summary>A blob in the words of a trace.</summary>
    public static string Word(int key) => (key >> KindBits) switch
    {
        1 => Path.GetFileNameWithoutExtension(Blob(key)),
        2 => $"retained-{Commit(AttemptOf(key))}/{(AttemptOf(key) % 2) + 1}",
        3 => $"archive-{Commit(AttemptOf(key))}/{(AttemptOf(key) % 2) + 1}",
        4 => $"record-{Commit(AttemptOf(key))}/{(AttemptOf(key) % 2) + 1}",
        5 => $"digest-{Commit(AttemptOf(key))}/{(AttemptOf(key) % 2) + 1}",
        _ => "memories",
    };
}
