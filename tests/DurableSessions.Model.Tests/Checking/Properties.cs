using DurableSessions.Core.State;
using DurableSessions.Model.Tests.Processes;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Checking;

/// <summary>What must hold in each state, and where nothing can move any more.</summary>
internal static class Properties
{
    public const byte StoredAfterTombstone = 1;
    public const byte OtherArchiveStaged = 2;
    public const byte ArchiveWithoutRecord = 3;
    public const byte OverviewGoesBack = 4;

    /// <summary>The property that a state breaks, in words.</summary>
    public static string? Find(Expansion x, World world)
    {
        switch (world.Ghost.Broken)
        {
            case StoredAfterTombstone:
                return "an append is stored after the tombstone is visible";
            case OtherArchiveStaged:
                return "another archive is staged under the name of a cut that is in work";
            case ArchiveWithoutRecord:
                return "a commit is neither pending nor has it a record of its archive";
            case OverviewGoesBack:
                return "the overview is an earlier one again";
        }

        KnownManifest manifest = x.Manifests[world.Ghost.Manifest];
        string? broken = FindInMemories(world) ?? FindInCounts(manifest);
        return broken is not null || manifest.IsDeleted
            ? broken
            : FindLost(x, world, manifest) ?? FindFates(x, world, manifest) ?? FindInSettings(world, manifest);
    }

    /// <summary>What is not as it must be where no process can move.</summary>
    public static string? FindStuck(Expansion x, World world)
    {
        KnownManifest manifest = x.Manifests[world.Ghost.Manifest];
        int acknowledged = 0;
        foreach (Process process in x.Configuration.Processes)
        {
            bool isDead = (world.Ghost.Dead & (1 << process.Id)) != 0;
            if (!process.IsOver(world.Procs[process.Id]))
            {
                return $"{process.Name} is stuck";
            }

            if (process is Appender appender && !isDead)
            {
                acknowledged |= appender.Messages.Sum(static m => 1 << m);
            }
        }

        // Appends to a session that is gone are refused, unless the configuration has them create it again.
        if (manifest.IsDeleted && !x.Configuration.CreatesAgain)
        {
            return null;
        }

        return (acknowledged & ~(world.Ghost.Acked | world.Ghost.Gone)) != 0 ? "a message is never acknowledged"
            : manifest.IsDeleted || x.Configuration.IsTerminated ? null
            : manifest.Cut >= 0 ? "a cut stays in work"
            : manifest.Pending.Length > 0 ? "an archive stays pending"
            : manifest.Closed != 0 ? "a closed commit is never forgotten"
            : manifest.Manifest.DegradedFrom is not null && IsDigestedAgain(x, world) ? "a degraded archive is never digested again"
            : IsBehind(x, world, manifest.Manifest) ? "a digest that was put in place is not the overview"
            : null;
    }

    private static bool IsDigestedAgain(Expansion x, World world) =>
        x.Configuration.Processes.Any(p => p is Healer && (world.Ghost.Dead & (1 << p.Id)) == 0);

    private static bool IsBehind(Expansion x, World world, Manifest manifest) =>
        x.Configuration.Processes.Any(p => p is Changer changer && (world.Ghost.Dead & (1 << p.Id)) == 0
            && world.Procs[p.Id].Pc == Process.End && changer.IsBehind(manifest));

    private static string? FindInMemories(World world)
    {
        if (!world.Store.TryGet(Names.Catalogue, out Blob catalogue))
        {
            return null;
        }

        for (int commit = 0; commit < 8; commit++)
        {
            if (CommitMemories.CountOf(catalogue.Value, commit) > 1)
            {
                return $"memories of commit c{commit} are applied twice";
            }
        }

        return null;
    }

    // Each digest asks for one change, and is counted with the archive that it covers.
    private static string? FindInCounts(KnownManifest manifest) =>
        manifest.Manifest.MemoriesExtracted > manifest.Manifest.SwitchedCount - manifest.Uncovered.Length
            ? "more memories are counted than there are digests"
            : null;

    // Each acknowledged message is in one place, and behind what was acknowledged before it was sent.
    private static string? FindLost(Expansion x, World world, KnownManifest manifest)
    {
        Span<byte> place = stackalloc byte[16];
        place.Clear();
        int count = 0;
        for (int number = 1; number <= manifest.Manifest.ArchiveCount; number++)
        {
            int name = x.ArchiveOf(manifest, world.Store, number);
            if (name == 0)
            {
                return $"archive {number} is neither pending nor in a record";
            }

            if (!world.Store.TryGet(name, out Blob archive))
            {
                return $"archive {number} is not in storage";
            }

            if (FindTwice(archive.Value, place, ref count) is { } twice)
            {
                return twice;
            }
        }

        foreach (int segment in manifest.Live)
        {
            if (!world.Store.TryGet(segment, out Blob live))
            {
                return $"live segment {Names.Word(segment)} is not in storage";
            }

            if (FindTwice(live.Value, place, ref count) is { } twice)
            {
                return twice;
            }
        }

        for (int message = 1; message < 16; message++)
        {
            if (place[message] == 0)
            {
                if ((world.Ghost.Acked & (1 << message)) != 0)
                {
                    return $"acknowledged message {message} is lost";
                }
            }
            else if (message <= 8)
            {
                int before = (int)(world.Ghost.Before >> (8 * (message - 1))) & 255;
                for (int other = 1; before != 0; other++, before >>= 1)
                {
                    if ((before & 1) != 0 && place[other] > place[message])
                    {
                        return $"message {other} was acknowledged before message {message} was sent, and stands after it";
                    }
                }
            }
        }

        return null;
    }

    private static string? FindTwice(ulong list, Span<byte> place, ref int count)
    {
        for (; list != 0; list >>= 4)
        {
            int message = (int)(list & 15);
            if (place[message] != 0)
            {
                return $"message {message} is in two places";
            }

            place[message] = (byte)++count;
        }

        return null;
    }

    private static string? FindFates(Expansion x, World world, KnownManifest manifest)
    {
        if (manifest.Incarnation != 0)
        {
            return null;
        }

        if (manifest.Cut >= 0 && (world.Ghost.Closed & (1 << manifest.Cut)) != 0)
        {
            return "an attempt that was closed cuts again";
        }

        if (manifest.Cut >= 0 && manifest.Cut % 2 == 0 && (world.Ghost.Closed & (2 << manifest.Cut)) != 0)
        {
            return "an attempt cuts after a later one was closed";
        }

        int reach = manifest.Manifest.Overview?.Number ?? 0;
        if (Array.Exists(manifest.Uncovered, n => n <= reach))
        {
            return "an archive is covered, and uncovered too";
        }

        int commits = 0;
        ulong numbers = 0;
        for (int i = 0; i < manifest.Pending.Length; i++)
        {
            if ((world.Ghost.Closed & (1 << manifest.Pending[i])) != 0)
            {
                return "an attempt that was closed is pending";
            }

            commits |= 1 << (manifest.Pending[i] / 2);
            numbers |= 1UL << manifest.NumberOf(i);
        }

        foreach (Blob blob in world.Store.Blobs)
        {
            if (!Names.IsRecord(blob.Key))
            {
                continue;
            }

            int attempt = Names.AttemptOf(blob.Key);
            Record record = Record.Of(blob);
            bool isClosed = (world.Ghost.Closed & (1 << attempt)) != 0;
            if (record.IsArchived == isClosed)
            {
                return $"{Names.Word(blob.Key)} contradicts the manifest";
            }

            if (!record.IsArchived)
            {
                continue;
            }

            int pending = manifest.FindPending(attempt / 2);
            bool isSecond = (commits & (1 << (attempt / 2))) != 0 || (numbers & (1UL << record.Number)) != 0;
            if (pending >= 0
                ? manifest.NumberOf(pending) != record.Number || manifest.Pending[pending] != attempt
                : record.Number > manifest.Manifest.ArchiveCount || isSecond)
            {
                return $"{Names.Word(blob.Key)} contradicts the manifest, or the commit has two archives";
            }

            commits |= 1 << (attempt / 2);
            numbers |= 1UL << record.Number;
            world.Store.TryGet(Names.Catalogue, out Blob catalogue);
            bool isOwed = x.Configuration.HasMemories && record.Semantic >= 0 && (!record.IsDegraded
                || IsHealed(x, manifest, record));
            if (pending < 0 && isOwed && CommitMemories.CountOf(catalogue.Value, attempt / 2) == 0)
            {
                return $"commit c{attempt / 2} is switched before its memories are applied";
            }
        }

        return null;
    }

    // Where a digest is never made after that of a later archive, no archive is passed over in digesting again.
    private static bool IsHealed(Expansion x, KnownManifest manifest, Record record) =>
        !(manifest.Manifest.DegradedFrom <= record.Number) && !x.Configuration.Processes.Any(static p => p is Commit { IsRetry: true });

    private static string? FindInSettings(World world, KnownManifest manifest) =>
        manifest.Incarnation == 0 && (world.Ghost.Configured & ~manifest.Settings) != 0 ? "a setting that was answered is lost" : null;
}
