using DurableSessions.Core.State;
using DurableSessions.Model.Tests.Checking;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Processes;

/// <summary>The switch: the record, the memories, the swap, then the segments go. Or the cover of an archive switched before.</summary>
internal sealed class CommitSwitching(Commit commit)
{
    public const byte FirstStep = Load;
    public const byte Load = 20;
    public const byte WriteRecord = 21;
    public const byte Switch = 22;
    private const byte SwitchReload = 23;
    public const byte Cover = 24;
    private const byte CoverReload = 25;
    private const byte Delete = 26;

    public void Expand(Expansion x, in Proc now)
    {
        switch (now.Pc)
        {
            case Load:
                Open(x);
                break;
            case WriteRecord:
                ref Proc write = ref x.Fork(commit.Id);
                Write(x, now);
                AfterRecord(x, ref write);
                x.Emit(commit.Id, "writes the record");
                break;
            case Switch:
            case Cover:
                Swap(x, now);
                break;
            case SwitchReload:
            case CoverReload:
                Reload(x, now);
                break;
            case Delete:
                ref Proc delete = ref x.Fork(commit.Id);
                x.Next.Store.Delete(x.Manifests.Lists[now.Other][now.Index]);
                delete.Index++;
                ToDelete(x, ref delete);
                x.Emit(commit.Id, "deletes a segment");
                break;
        }
    }

    /// <summary>Goes on with the switch of the commit's own archive.</summary>
    public static void Enter(Expansion x, Commit commit, ref Proc proc)
    {
        proc.Target = (byte)commit.Attempt;
        proc.Return = Process.End;
        proc.Pc = Load;
        KnownManifest known = x.Manifests[proc.Known];
        if (known.FindPending(commit.CommitNumber) is >= 0 and int at)
        {
            proc.Target = (byte)known.Pending[at];
            Begin(x, ref proc);
        }
    }

    /// <summary>Begins the switch of an archive that <see cref="Proc.Known"/> shows as pending.</summary>
    public static void Begin(Expansion x, ref Proc proc) =>
        proc.Pc = x.Keeps(Safeguards.RecordBeforeSwitch) ? WriteRecord : Switch;

    private void Open(Expansion x)
    {
        KnownManifest manifest = x.Manifest;
        ref Proc open = ref x.Fork(commit.Id);
        int found = Commit.FindRecord(x.Now.Store, commit.Attempt, out Record record);
        if (!manifest.IsOf(0))
        {
            open = default;
        }
        else if (manifest.FindPending(commit.CommitNumber) >= 0)
        {
            open.Known = manifest.Id;
            Enter(x, commit, ref open);
        }
        else if (found < 0 || !record.IsArchived)
        {
            x.Break(Properties.ArchiveWithoutRecord);
        }
        else
        {
            open.Known = manifest.Id;
            open.Target = (byte)found;
            CoverOrDelete(x, ref open);
        }

        x.Emit(commit.Id, "reads the manifest, to switch");
    }

    // The record of an archive; where there is one, that stands.
    private static void Write(Expansion x, in Proc now)
    {
        KnownManifest known = x.Manifests[now.Known];
        int at = known.FindPending(now.Target / 2);
        Record record = OfPending(x, now, known.NumberOf(at));
        x.Next.Store.TryCreate(Names.Record(now.Target), record.Flags, (ulong)known.PendingSegments[at]);
    }

    private void AfterRecord(Expansion x, ref Proc proc)
    {
        x.Next.Store.TryGet(Names.Record(proc.Target), out Blob blob);
        proc.Then = Switch;
        proc.Pc = Record.Of(blob).AsksForMemories && x.Configuration.HasMemories ? CommitMemories.Load : Switch;
    }

    private void Swap(Expansion x, in Proc now)
    {
        bool isSwitch = now.Pc == Switch;
        Decision decided = Decide(x, now, now.Known);
        byte reload = isSwitch ? SwitchReload : CoverReload;
        if (decided.IsChanged)
        {
            x.Swap(
                commit.Id, decided.Next, reload, reload, -1, isSwitch ? "switches" : "covers", isSwitch
                    ? (ref Proc p) => AfterSwitch(x, ref p)
                    : (ref Proc p) => ToDelete(x, ref p, isFirst: true));
        }
        else
        {
            x.Fork(commit.Id).Pc = reload;
            x.Emit(commit.Id, isSwitch ? "finds nothing to switch" : "finds nothing to cover");
        }
    }

    private void Reload(Expansion x, in Proc now)
    {
        bool isSwitch = now.Pc == SwitchReload;
        KnownManifest manifest = x.Manifest;
        ref Proc read = ref x.Fork(commit.Id);
        if (!manifest.IsOf(0))
        {
            read = default;
        }
        else if (Decide(x, now, manifest.Id).IsChanged)
        {
            read.Known = manifest.Id;
            read.Pc = isSwitch ? Switch : Cover;
        }
        else if (isSwitch)
        {
            AfterSwitch(x, ref read);
        }
        else
        {
            ToDelete(x, ref read, isFirst: true);
        }

        x.Emit(commit.Id, isSwitch ? "reads the manifest after the switch" : "reads the manifest after the cover");
    }

    private static Decision Decide(Expansion x, in Proc now, int manifest)
    {
        x.Now.Store.TryGet(Names.Record(now.Target), out Blob blob);
        Record record = Record.Of(blob);
        if (now.Pc is Switch or SwitchReload)
        {
            if (record.Number == 0 && x.Manifests[now.Known].FindPending(now.Target / 2) is >= 0 and int at)
            {
                record = OfPending(x, now, x.Manifests[now.Known].NumberOf(at));
            }

            return record.Number == 0
                ? new Decision(Outcome.NothingToDo, manifest)
                : x.Swaps.Switch(manifest, now.Target, record, x.Configuration.HasMemories && record.AsksForMemories);
        }

        return x.Swaps.Cover(manifest, record.Number, now.Fate, DigestOf(x, now), AsksForMemories(x, now));
    }

    private static Record OfPending(Expansion x, in Proc now, int number) =>
        new(CommitFate.Archived, false, number, now.Flag != 0 ? now.Fate : -1, DigestOf(x, now));

    // What the digest in hand says of itself; 0 where there is none.
    private static int DigestOf(Expansion x, in Proc now) =>
        now.Flag != 0 && x.Now.Store.TryGet(Names.Digest(now.Fate), out Blob digest) ? digest.Flags : 0;

    // A degraded digest asks for no changes of memories.
    private static bool AsksForMemories(Expansion x, in Proc now) =>
        x.Configuration.HasMemories && (DigestOf(x, now) & Record.DegradedDigest) == 0;

    private void AfterSwitch(Expansion x, ref Proc proc)
    {
        x.Next.Store.TryGet(Names.Record(proc.Target), out Blob blob);
        if (proc.Return == Process.End && proc.Flag != 0 && Record.Of(blob).Semantic < 0)
        {
            CoverOrDelete(x, ref proc);
        }
        else
        {
            ToDelete(x, ref proc, isFirst: true);
        }
    }

    private void CoverOrDelete(Expansion x, ref Proc proc)
    {
        if (proc.Flag == 0)
        {
            ToDelete(x, ref proc, isFirst: true);
            return;
        }

        proc.Then = Cover;
        proc.Pc = AsksForMemories(x, proc) ? CommitMemories.Load : Cover;
    }

    private void ToDelete(Expansion x, ref Proc proc, bool isFirst = false)
    {
        if (isFirst)
        {
            x.Next.Store.TryGet(Names.Record(proc.Target), out Blob blob);
            proc = new Proc { Return = proc.Return, Target = proc.Target, Other = (int)blob.Value, Pc = Delete };
        }

        int[] segments = x.Manifests.Lists[proc.Other];
        while (proc.Index < segments.Length && !x.Next.Store.Has(segments[proc.Index]))
        {
            proc.Index++;
        }

        if (proc.Index < segments.Length)
        {
            return;
        }

        if (proc.Return == Process.End)
        {
            commit.Finish(x, ref proc);
        }
        else
        {
            proc = new Proc { Pc = proc.Return };
        }
    }
}
