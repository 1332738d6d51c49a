using DurableSessions.Model.Tests.Checking;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Processes;

/// <summary>Archive-to-temp: looks for the record, cuts, seals, reads, and writes what is archived and what is retained.</summary>
internal sealed class CommitStaging(Commit commit)
{
    public const byte LookForRecord = 3;
    private const byte Create = 4;
    private const byte Cut = 5;
    private const byte Seal = 6;
    private const byte Read = 7;
    private const byte WriteArchive = 8;
    private const byte Mismatch = 9;
    private const byte WriteRetained = 10;
    private const byte LookAtLast = 11;
    private const byte CutBeforeLast = 12;

    public void Expand(Expansion x, in Proc now)
    {
        KnownManifest known = x.Manifests[now.Known];
        switch (now.Pc)
        {
            case LookForRecord:
                Look(x);
                break;
            case Create:
                x.Create(commit.Id, 0, known.Manifest.NextSegment, Cut);
                break;
            case Cut:
                TryCut(x, x.Swaps.BeginCut(now.Known, commit.Attempt, commit.Keep, now.Other), now.Other, "begins the cut");
                break;
            case LookAtLast:
                bool isUnused = x.Now.Store.TryGet(known.Live[^1], out Blob last) && last is { Value: 0, Flags: 0 or Store.CameBack };
                x.Fork(commit.Id).Pc = isUnused ? CutBeforeLast : Create;
                x.Emit(commit.Id, "asks whether the last segment is empty");
                break;
            case CutBeforeLast:
                Decision before = x.Swaps.BeginCutBeforeLast(now.Known, commit.Attempt, commit.Keep);
                TryCut(x, before, -1, "begins the cut of all but the last segment");
                break;
            case Seal:
                ref Proc sealing = ref x.Fork(commit.Id);
                if (x.Next.Store.TrySeal(known.Live[now.Index]))
                {
                    ToSeal(ref sealing, known, now.Index + 1);
                }
                else
                {
                    sealing.Pc = Commit.Load;
                }

                x.Emit(commit.Id, "seals a cut segment");
                break;
            case Read:
                ReadNext(x, now, known);
                break;
            case WriteArchive:
                Write(x, now, known);
                break;
            case Mismatch:
                ref Proc other = ref x.Fork(commit.Id);
                if (x.Manifest.IsOf(0) && x.Manifest.Cut == now.Target)
                {
                    x.Break(Properties.OtherArchiveStaged);
                }
                else
                {
                    commit.Route(x, ref other, x.Manifest);
                }

                x.Emit(commit.Id, "finds another archive staged, and reads the manifest");
                break;
            case WriteRetained:
                ref Proc retained = ref x.Fork(commit.Id);
                x.Next.Store.TryCreate(Names.Retained(now.Target), Store.Sealed, Messages.Skip(now.List, Archived(known, now.List)));
                retained.Pc = CommitClearing.Clear;
                x.Emit(commit.Id, "writes what is retained");
                break;
        }
    }

    /// <summary>Begins to carry out the cut that a manifest shows, for whichever attempt it is.</summary>
    public void Begin(Expansion x, ref Proc proc, KnownManifest manifest)
    {
        proc.Target = (byte)manifest.Cut;
        if (x.Keeps(Safeguards.SealBeforeStaging))
        {
            ToSeal(ref proc, manifest, 0);
        }
        else
        {
            proc.Pc = Read;
        }
    }

    /// <summary>How many of the messages that a cut has are archived.</summary>
    public static int Archived(KnownManifest manifest, ulong list) =>
        Math.Max(0, Messages.Count(list) - manifest.Manifest.Cutting!.KeepRecent);

    private static void ToSeal(ref Proc proc, KnownManifest manifest, int from)
    {
        proc.Pc = Read;
        proc.Index = 0;
        for (int i = from; i < manifest.CutCount; i++)
        {
            if (!Names.IsImmutable(manifest.Live[i]))
            {
                proc.Pc = Seal;
                proc.Index = (byte)i;
                return;
            }
        }
    }

    private void Look(Expansion x)
    {
        ref Proc look = ref x.Fork(commit.Id);
        int found = Commit.FindRecord(x.Now.Store, commit.Attempt, out Record record);
        if (!x.Keeps(Safeguards.RecordBeforeCut))
        {
            found = -1;
        }

        if (found >= 0 && record.IsArchived)
        {
            look.Pc = CommitTurn.Turn;
        }
        else if (found >= 0)
        {
            commit.Finish(x, ref look);
        }
        else if (commit.IsRetry && !x.Now.Store.Has(Names.Record(commit.Attempt - 1)))
        {
            // The first attempt must not cut any more, once this one may have.
            look.Target = (byte)(commit.Attempt - 1);
            look.Length = look.Target;
            look.Fate = CommitClosing.Retried;
            look.Return = Commit.Load;
            look.Other = 0;
            look.Pc = CommitClosing.Try;
        }
        else
        {
            look.Pc = x.Manifests[look.Known].Manifest.FollowsAppended ? LookAtLast : Create;
        }

        x.Emit(commit.Id, "looks for its record");
    }

    private void TryCut(Expansion x, Decision cut, int orphan, string what)
    {
        if (cut.IsChanged)
        {
            x.Swap(commit.Id, cut.Next, Commit.Load, Commit.Load, orphan, what,
                (ref Proc p) => commit.Route(x, ref p, x.Manifests[cut.Next]));
            return;
        }

        x.Fork(commit.Id) = new Proc { Pc = Commit.Load };
        if (orphan >= 0)
        {
            x.Next.Store.Delete(orphan);
        }

        x.Emit(commit.Id, "may not cut");
    }

    private void ReadNext(Expansion x, in Proc now, KnownManifest known)
    {
        ref Proc read = ref x.Fork(commit.Id);
        if (!x.Now.Store.TryGet(known.Live[now.Index], out Blob blob))
        {
            read.Pc = Commit.Load;
        }
        else
        {
            read.List = Messages.Join(now.List, blob.Value);
            read.Other |= blob.Value == 0 ? 1 << now.Index : 0;
            read.Index++;
            if (read.Index == known.CutCount)
            {
                read.Index = 0;
                Staged(x, ref read, known);
            }
        }

        x.Emit(commit.Id, "reads a cut segment");
    }

    private void Staged(Expansion x, ref Proc proc, KnownManifest known)
    {
        if (Archived(known, proc.List) > 0)
        {
            proc.Other = 0;
            proc.Pc = WriteArchive;
            return;
        }

        int mask = proc.Other;
        int[] empty = [.. known.Live.Take(known.CutCount).Where((_, i) => (mask & (1 << i)) != 0)];
        proc.Other = x.Manifests.Lists.Intern(empty);
        proc.Length = proc.Target;
        proc.Fate = CommitClosing.Skipped;
        proc.Return = proc.Target / 2 == commit.CommitNumber ? Process.End : Commit.Load;
        proc.List = 0;
        proc.Pc = CommitClosing.Try;
    }

    private void Write(Expansion x, in Proc now, KnownManifest known)
    {
        ref Proc write = ref x.Fork(commit.Id);
        int archived = Archived(known, now.List);
        ulong content = Messages.Take(now.List, archived);
        int name = x.ArchiveName(now.Target);
        x.Next.Store.TryCreate(name, 0, content);
        x.Next.Store.TryGet(name, out Blob there);
        write.Pc = there.Value != content && x.Keeps(Safeguards.AttemptInNames) ? Mismatch
            : Messages.Count(now.List) > archived ? WriteRetained
            : CommitClearing.Clear;
        x.Emit(commit.Id, "writes the archive");
    }
}
