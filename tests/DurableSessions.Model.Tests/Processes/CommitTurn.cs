using DurableSessions.Model.Tests.Checking;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Processes;

/// <summary>Check-turn and the digest: waits for the commits before, switches one whose instance is over, then digests.</summary>
internal sealed class CommitTurn(Commit commit)
{
    public const byte FirstStep = Turn;
    public const byte Turn = 16;
    private const byte Instance = 17;
    private const byte Abandoned = 18;
    private const byte Digest = 19;

    public void Expand(Expansion x, in Proc now)
    {
        switch (now.Pc)
        {
            case Turn:
                Wait(x, ref x.Fork(commit.Id), x.Manifest);
                x.Emit(commit.Id, "reads the manifest for its turn");
                break;
            case Instance:
                // Its polling is no step while nothing has changed.
                if ((x.Now.Ghost.Over & (1 << (now.Target / 2))) != 0)
                {
                    x.Fork(commit.Id).Pc = Abandoned;
                    x.Emit(commit.Id, "sees that the instance before it is over");
                }
                else if (x.Manifest.Id != now.Known)
                {
                    x.Fork(commit.Id).Pc = Turn;
                    x.Emit(commit.Id, "waits");
                }

                break;
            case Abandoned:
                ref Proc abandoned = ref x.Fork(commit.Id);
                KnownManifest manifest = x.Manifest;
                if (manifest.IsOf(0) && manifest.FindPending(now.Target / 2) is >= 0 and int at)
                {
                    abandoned = new Proc { Known = manifest.Id, Target = (byte)manifest.Pending[at], Return = Turn };
                    CommitSwitching.Begin(x, ref abandoned);
                }
                else
                {
                    Wait(x, ref abandoned, manifest);
                }

                x.Emit(commit.Id, "reads the manifest again");
                break;
            case Digest:
                ref Proc digest = ref x.Fork(commit.Id);
                x.Next.Store.TryCreate(Names.Digest(commit.Attempt), DigestOf(x, now), 1);
                digest.Flag = 1;
                digest.Fate = (byte)commit.Attempt;
                CommitSwitching.Enter(x, commit, ref digest);
                x.Emit(commit.Id, "writes the digest");
                break;
        }
    }

    private int DigestOf(Expansion x, in Proc now) =>
        (commit.Degrades ? Record.DegradedDigest : 0)
        | (x.Manifests[now.Known].Manifest.DegradedFrom is not null && x.Keeps(Safeguards.DigestSaysFromDegraded)
            ? Record.FromDegraded
            : 0);

    /// <summary>What comes next, by a manifest that was read while the commit is pending or has its record.</summary>
    public void Wait(Expansion x, ref Proc proc, KnownManifest manifest)
    {
        proc = new Proc { Known = manifest.Id };
        if (!manifest.IsOf(0))
        {
            proc = default;
            return;
        }

        int pending = manifest.FindPending(commit.CommitNumber);
        int number = pending >= 0 ? manifest.NumberOf(pending)
            : Commit.FindRecord(x.Now.Store, commit.Attempt, out Record record) >= 0 ? record.Number
            : 0;
        if (manifest.Manifest.PendingBefore(number) > 0)
        {
            proc.Target = (byte)manifest.Pending[0];
            proc.Pc = Instance;
        }
        else if (commit.Fails || (pending < 0 && Array.IndexOf(manifest.Uncovered, number) < 0))
        {
            CommitSwitching.Enter(x, commit, ref proc);
        }
        else
        {
            proc.Pc = Digest;
        }
    }
}
