using System.Reflection;
using CsCheck;
using DurableSessions.Core.Auditing;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Tests.Storage;

/// <summary>
/// No two things have one name, and no listing or deletion of one tenant, session or incarnation reaches another's, however alike the
/// ids are.
/// </summary>
public class BlobNameTests
{
    private const int Pairs = 200_000;

    // Whether what a method returns is a folder, which is listed or deleted, or names are made of it; otherwise it is a blob.
    private static readonly Dictionary<string, bool> IsFolder = new()
    {
        [nameof(BlobNames.Manifest)] = false,
        [nameof(BlobNames.ManifestPrefix)] = true,
        [nameof(BlobNames.SegmentsOfUser)] = true,
        [nameof(BlobNames.SegmentPrefix)] = true,
        [nameof(BlobNames.Retained)] = false,
        [nameof(BlobNames.ArchivePrefix)] = true,
        [nameof(BlobNames.Attempt)] = true,
        [nameof(BlobNames.Commit)] = true,
        [nameof(BlobNames.Answers)] = true,
        [nameof(BlobNames.IndexPrefix)] = true,
        [nameof(BlobNames.Index)] = false,
        [nameof(BlobNames.SearchOfUser)] = true,
        [nameof(BlobNames.SearchOfSession)] = true,
        [nameof(BlobNames.SearchOfArchive)] = true,
        [nameof(BlobNames.SearchSegment)] = false,
        [nameof(BlobNames.MergedOfUser)] = true,
        [nameof(BlobNames.MergedSegment)] = false,
        [nameof(BlobNames.TasksOfUser)] = true,
        [nameof(BlobNames.TasksOfSession)] = true,
        [nameof(BlobNames.TasksByKey)] = true,
        [nameof(BlobNames.Creation)] = false,
        [nameof(BlobNames.Request)] = false,
        [nameof(BlobNames.MemoryPrefix)] = true,
        [nameof(BlobNames.MemoryCatalogue)] = false,
        [nameof(BlobNames.Memory)] = false,
        [nameof(BlobNames.PeersCatalogue)] = false,
        [nameof(BlobNames.PeerMemory)] = false,
        [nameof(BlobNames.TokensOfAccount)] = true,
        [nameof(BlobNames.TokensOfDay)] = false,
    };

    private static readonly MethodInfo[] Methods =
    [
        .. typeof(BlobNames).GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Where(static m => m.ReturnType == typeof(string) && m.Name != nameof(BlobNames.Unescape)),
    ];

    private static readonly Gen<string> Id = Gen.OneOf(
        OneOf("ann", "anna", "Ann", "a", "A", "a.", "a..", "...", ".a", "a@b", "a@", "-", "_", "index", "answers", "by-key"),
        Gen.String[Gen.Char["aA.@_-"], 1, 3].Where(SessionKey.IsValidId));

    // A few ids for both names of a pair, each of which may be another with one character more, or in the other case.
    private static readonly Gen<string[]> Ids =
        from id in Id
        from other in Id
        from suffix in OneOf(".", "-", "_", "a", "1", ".json")
        select new[] { id, other, id + suffix, id.ToUpperInvariant(), other + "." }.Where(SessionKey.IsValidId).ToArray();

    private static readonly Gen<Two> Pair =
        from ids in Ids
        from first in NameOf(OneOf(ids))
        from second in NameOf(OneOf(ids))
        select new Two(first, second);

    [Fact]
    public void Each_is_in_the_table_of_these_tests() =>
        Assert.Equal(Methods.Select(static m => m.Name).Order(), IsFolder.Keys.Order());

    [Fact]
    public void Different_things_have_different_names() => Pair.Sample(
        static two => two.First.IsSame(two.Second) == (two.First.Text == two.Second.Text),
        iter: Pairs);

    [Fact]
    public void A_folder_ends_with_a_slash_and_a_blob_does_not() => Pair.Sample(
        static two => two.First is var name
            && name.Text.EndsWith('/') == IsFolder[name.Method.Name]
            && name.Text.Split('/')[..^1].All(static part => part.Length > 0)
            && !name.Text.Split('/').Any(static part => part.EndsWith('.') || part.Contains('\\', StringComparison.Ordinal)),
        iter: Pairs);

    [Fact]
    public void What_lies_in_a_folder_belongs_to_whom_the_folder_does() => Pair.Sample(
        static two => two is var (folder, name)
            && (!IsFolder[folder.Method.Name]
            || !name.Text.StartsWith(folder.Text, StringComparison.Ordinal)
            || folder.Scope.SequenceEqual(name.Scope.Take(folder.Scope.Count))),
        iter: Pairs);

    [Fact]
    public void What_is_counted_as_an_account_s_is_that_account_s() => Gen.Select(Pair, Id).Sample(
        static (two, account) => two.First is var name
            && BlobNames.PrefixesOfAccount(account) is var prefixes
            && prefixes.All(static prefix => prefix.EndsWith('/'))
            && (!prefixes.Any(prefix => name.Text.StartsWith(prefix, StringComparison.Ordinal)) || name.Scope[0].Equals(account)),
        iter: Pairs);

    [Fact]
    public void A_name_says_which_session_it_belongs_to() => Pair.Sample(
        static two => two.First is var name && name.Method.Name switch
        {
            nameof(BlobNames.Manifest) => name.Arguments[0].Equals(BlobNames.FindSession(name.Text)),
            nameof(BlobNames.Retained) or nameof(BlobNames.Attempt) or nameof(BlobNames.Commit) or nameof(BlobNames.Answers) =>
                SessionPath.TryParse(name.Text, out SessionPath? path)
                && ((CommitAttempt)name.Arguments[0]) is var commit
                && path.Session == commit.Session && path.Incarnation == commit.Incarnation
                && (name.Method.Name != nameof(BlobNames.Retained)
                    || BlobNames.FindIncarnation(name.Text) == (commit.Session, commit.Incarnation)),
            nameof(BlobNames.SegmentPrefix) or nameof(BlobNames.ArchivePrefix) or nameof(BlobNames.Index)
                or nameof(BlobNames.IndexPrefix) =>
                SessionPath.TryParse(name.Text, out SessionPath? path)
                && name.Arguments[0].Equals(path.Session) && name.Arguments[1].Equals(path.Incarnation),
            nameof(BlobNames.SearchSegment) =>
                BlobNames.FindSearchSegment(name.Text) is var (commit, number, part)
                && name.Arguments.SequenceEqual([commit, number, part])
                && SessionPath.TryParse(name.Text, out SessionPath? path)
                && path.Session == commit.Session && path.Incarnation == commit.Incarnation,
            nameof(BlobNames.MergedSegment) =>
                BlobNames.FindMergedSegment(name.Text) is var (user, depth, hash)
                && name.Arguments.SequenceEqual([user, depth, hash]) && BlobNames.FindSearchSegment(name.Text) is null,
            _ => true,
        },
        iter: Pairs);

    [Fact]
    public void The_longest_ids_fit()
    {
        string id = new('a', SessionKey.MaxIdLength);
        var attempt = new CommitAttempt(new SessionKey(id, id, id), "0123456789ab", CommitId.New(DateTimeOffset.UnixEpoch), int.MaxValue);
        string memory = BlobNames.PeerMemory(attempt.Session.Owner, id, "preferences", id, Guid.NewGuid().ToString("N"));

        // Azure Storage's limit; what is put after the prefix of an attempt has at most 100 characters.
        Assert.InRange(BlobNames.Attempt(attempt).Length, 3 * SessionKey.MaxIdLength, 1_024 - 100);
        Assert.InRange(memory.Length, 3 * SessionKey.MaxIdLength, 1_024);
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Gen<Name> NameOf(Gen<string> id)
    {
        Gen<UserKey> user = Gen.Select(id, id, static (a, u) => new UserKey(a, u));
        Gen<SessionKey> session = Gen.Select(user, id, static (u, s) => u.Session(s));
        Gen<string> incarnation = OneOf("0123456789ab", "0123456789ac");
        Gen<string> hex = OneOf(new string('0', 32), new string('1', 32));
        Gen<CommitAttempt> attempt =
            from s in session
            from i in incarnation
            from c in OneOf("c", "k", "a")
            from n in OneOf(1, 2, 12)
            select new CommitAttempt(s, i, new CommitId(c + new string('0', 31)), n);
        Gen<object> Argument(ParameterInfo parameter) => (parameter.Name, parameter.ParameterType) switch
        {
            (_, { } type) when type == typeof(UserKey) => user.Select(static u => (object)u),
            (_, { } type) when type == typeof(SessionKey) => session.Select(static s => (object)s),
            (_, { } type) when type == typeof(CommitAttempt) => attempt.Select(static a => (object)a),
            ("number" or "part" or "depth", _) => OneOf(1, 11, 111_111_111).Select(static n => (object)n),
            ("incarnation", _) => incarnation.Select(static i => (object)i),
            ("keyHash" or "version" or "hash", _) => hex.Select(static h => (object)h),
            ("category", _) => OneOf(Enum.GetNames<MemoryCategory>()).Select(static c => (object)c.ToLowerInvariant()),
            ("day", _) => OneOf(1, 2, 400).Select(static d => (object)DateOnly.FromDayNumber(739_000 + d)),
            ("name" or "account" or "peer", _) => id.Select(static n => (object)n),
            _ => throw new NotSupportedException($"A new kind of argument: {parameter.Name}."),
        };

        return OneOf(Methods).SelectMany(method => method.GetParameters()
            .Aggregate(Gen.Const(Array.Empty<object>()), (all, p) => Gen.Select(all, Argument(p), static (a, b) => (object[])[.. a, b]))
            .Select(arguments => new Name(method, arguments)));
    }

    private sealed record Two(Name First, Name Second);

    /// <summary>A name and what it was made of.</summary>
    private sealed record Name(MethodInfo Method, object[] Arguments)
    {
        public string Text { get; } = (string)Method.Invoke(null, Arguments)!;

        /// <summary>Account, user, session, incarnation, commit and attempt, as far as it is only theirs.</summary>
        public IReadOnlyList<object> Scope { get; } =
        [
            .. Arguments.SelectMany(static a => a switch
            {
                UserKey user => (object[])[user.Account, user.User],
                SessionKey session => [session.Account, session.User, session.Id],
                CommitAttempt c => [c.Session.Account, c.Session.User, c.Session.Id, c.Incarnation],
                string or int or DateOnly => [a],
                _ => throw new NotSupportedException(a.ToString()),
            }),
        ];

        public bool IsSame(Name other) => Method == other.Method && Thing.SequenceEqual(other.Thing);

        public override string ToString() => $"{Method.Name}({string.Join(", ", Arguments)}) = {Text}";

        // A commit's folder, and the answers of a model, are those of all its attempts.
        private IEnumerable<object> Thing =>
            Method.Name is nameof(BlobNames.Answers) or nameof(BlobNames.Commit) && Arguments[0] is CommitAttempt commit
                ? [commit with { Attempt = 0 }]
                : Arguments;
    }
}
