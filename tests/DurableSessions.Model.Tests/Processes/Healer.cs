using DurableSessions.Model.Tests.Checking;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Processes;

/// <summary>Digests degraded archives again, the oldest first: see <c>DigestAgainActivity</c>. It waits where there is none.</summary>
internal sealed class Healer : Process
{
    private const byte Wait = 1;
    private const byte Digest = 2;
    private const byte Heal = 3;
    private const byte Reload = 4;

    private readonly CommitMemories _memories;

    public Healer(string name)
        : base(name) => _memories = new CommitMemories(this, isAgain: true);

    public override Proc Start => new() { Pc = Wait };

    public override bool IsOver(in Proc proc) => proc.Pc is End or Wait;

    public override void Expand(Expansion x)
    {
        ref Proc now = ref x.Now.Procs[Id];
        KnownManifest manifest = x.Manifest;
        switch (now.Pc)
        {
            case Wait:
                if (manifest.IsOf(0) && manifest.Manifest.DegradedFrom is { } oldest)
                {
                    x.Fork(Id) = new Proc { Pc = Digest, Known = manifest.Id, Target = (byte)AttemptOf(x.Now.Store, oldest) };
                    x.Emit(Id, "reads which archive is degraded");
                }

                break;
            case Digest:
                ref Proc digest = ref x.Fork(Id);
                bool asks = AsksForMemories(x, now);
                digest.Then = asks ? Heal : End;
                digest.Pc = asks ? CommitMemories.Load : Heal;
                x.Emit(Id, "writes the digest again");
                break;
            case Heal:
                Decision decided = Decide(x, now, now.Known);
                if (decided.IsChanged)
                {
                    x.Swap(Id, decided.Next, Wait, Reload, -1, "has digested again", static (ref Proc p) => p = new Proc { Pc = Wait });
                }
                else
                {
                    x.Fork(Id).Pc = Reload;
                    x.Emit(Id, "finds nothing to replace");
                }

                break;
            case Reload:
                ref Proc again = ref x.Fork(Id);
                if (Decide(x, now, manifest.Id).IsChanged)
                {
                    again.Known = manifest.Id;
                    again.Pc = Heal;
                }
                else
                {
                    again = new Proc { Pc = Wait };
                }

                x.Emit(Id, "reads the manifest after the digest");
                break;
            default:
                _memories.Expand(x, now);
                break;
        }
    }

    /// <summary>The archive of a commit; 0: it has none that was switched.</summary>
    public static int NumberOf(Store store, int commit)
    {
        for (int attempt = 2 * commit; attempt <= (2 * commit) + 1; attempt++)
        {
            if (store.TryGet(Names.Record(attempt), out Blob blob) && Record.Of(blob) is { IsArchived: true } record)
            {
                return record.Number;
            }
        }

        return 0;
    }

    private static int AttemptOf(Store store, int number)
    {
        foreach (Blob blob in store.Blobs)
        {
            if (Names.IsRecord(blob.Key) && Record.Of(blob) is { IsArchived: true } record && record.Number == number)
            {
                return Names.AttemptOf(blob.Key);
            }
        }

        throw new InvalidOperationException($"Archive {number} is degraded, and has no record.");
    }

    // Where the digest before was a model's, its changes were made with it. The digest of an archive that was covered later is not the
    // record's, and asked for none where it was degraded.
    private static bool AsksForMemories(Expansion x, in Proc now)
    {
        x.Now.Store.TryGet(Names.Record(now.Target), out Blob blob);
        Record record = Record.Of(blob);
        return x.Configuration.HasMemories && (record.IsDegraded || record.Semantic < 0);
    }

    private static Decision Decide(Expansion x, in Proc now, int manifest)
    {
        x.Now.Store.TryGet(Names.Record(now.Target), out Blob blob);
        return x.Swaps.Heal(manifest, Record.Of(blob).Number, now.Target, AsksForMemories(x, now));
    }
}
