using DurableSessions.Model.Tests.Checking;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Processes;

/// <summary>Clear-live, for the commit's own cut or for another's that it helps.</summary>
internal sealed class CommitClearing(Commit commit)
{
    public const byte FirstStep = Clear;
    public const byte Clear = 13;
    private const byte Reload = 14;
    private const byte LookForRecord = 15;

    public void Expand(Expansion x, in Proc now)
    {
        switch (now.Pc)
        {
            case Clear:
                Decision cleared = Decide(x, now, now.Known);
                if (cleared.IsChanged)
                {
                    x.Swap(
                        commit.Id, cleared.Next, Commit.Load, Reload, -1, "clears live",
                        (ref Proc p) => commit.Route(x, ref p, x.Manifests[cleared.Next]));
                }
                else
                {
                    x.Fork(commit.Id).Pc = Reload;
                    x.Emit(commit.Id, "finds nothing to clear");
                }

                break;
            case Reload:
                ReadAgain(x, now);
                break;
            case LookForRecord:
                ref Proc look = ref x.Fork(commit.Id);
                if (Commit.FindRecord(x.Now.Store, commit.Attempt, out Record record) < 0)
                {
                    // The step fails, and is run again.
                    look.Pc = Reload;
                }
                else if (record.IsArchived)
                {
                    look = new Proc { Known = now.Known, Pc = CommitTurn.Turn };
                }
                else
                {
                    commit.Finish(x, ref look);
                }

                x.Emit(commit.Id, "looks for its record, after clear-live");
                break;
        }
    }

    // What was staged stands in the process: the messages, and how many of them the cut archives. A cut keeps its split for ever.
    private Decision Decide(Expansion x, in Proc now, int manifest)
    {
        int all = Messages.Count(now.List);
        int archived = Math.Max(0, all - x.Configuration.KeepOf(now.Target));
        return x.Swaps.Clear(manifest, now.Target, archived, all - archived);
    }

    private void ReadAgain(Expansion x, in Proc now)
    {
        KnownManifest manifest = x.Manifest;
        ref Proc read = ref x.Fork(commit.Id);
        bool isOwn = now.Target / 2 == commit.CommitNumber;
        if (Decide(x, now, manifest.Id).IsChanged)
        {
            read.Known = manifest.Id;
            read.Pc = Clear;
        }
        else if (isOwn && manifest.IsOf(0) && manifest.FindPending(commit.CommitNumber) < 0)
        {
            read.Known = manifest.Id;
            read.Pc = LookForRecord;
        }
        else
        {
            commit.Route(x, ref read, manifest);
        }

        x.Emit(commit.Id, "reads the manifest again, to clear");
    }
}
