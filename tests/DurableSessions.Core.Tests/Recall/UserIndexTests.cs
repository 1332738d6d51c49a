using DurableSessions.Core.Identities;
using DurableSessions.Core.Recall;

namespace DurableSessions.Core.Tests.Recall;

/// <summary>What a host remembers of archives that are not among the newest.</summary>
public sealed class UserIndexTests
{
    private static readonly SessionKey s_session = new("acme", "ada", "s1");

    [Fact]
    public void An_older_archive_is_remembered_and_not_searched()
    {
        var index = new UserIndex();
        index.Set(Archive(1) with { Overview = "walrus" });
        index.Set(Archive(2));
        long bytes = index.Bytes;
        index.KeepArchives([Archive(2).CommitId.Value]);
        Assert.Equal(Archive(1), index.Find(Archive(1).CommitId));
        Assert.Equal([Archive(2)], index.Search("pelican walrus", static _ => true).Select(static h => h.Archive));
        Assert.InRange(index.Bytes, Archive(1).Abstract.Length, bytes);

        index.Set(Archive(1));
        Assert.Equal(2, index.Search("pelican", static _ => true).Count());
        index.Forget(Archive(1).CommitId);
        Assert.Null(index.Find(Archive(1).CommitId));
    }

    [Fact]
    public void Of_the_older_ones_those_that_were_found_last_are_remembered()
    {
        var index = new UserIndex();
        for (int number = 1; number <= UserIndex.MaxOlder + 2; number++)
        {
            index.Set(Archive(number));
            index.KeepArchives([]);
        }

        Assert.Null(index.Find(Archive(2).CommitId));
        Assert.NotNull(index.Find(Archive(3).CommitId));
        index.Set(Archive(3));
        index.KeepArchives([]);
        index.Set(Archive(1));
        index.KeepArchives([]);
        Assert.NotNull(index.Find(Archive(3).CommitId));
        Assert.Null(index.Find(Archive(4).CommitId));
    }

    private static ArchiveHit Archive(int number) => new(s_session, "one", new CommitId($"c{number:D31}"), number, $"a pelican {number}");
}
