using DurableSessions.Core.State;
using DurableSessions.Model.Tests.Checking;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Processes;

/// <summary>
/// Closes an attempt: see <c>CommitLedger.CloseAsync</c>. <see cref="Proc.Length"/> is the attempt to close, <see cref="Proc.Target"/> the
/// one that is settled now, <see cref="Proc.Other"/> the empty segments that go.
/// </summary>
internal sealed class CommitClosing(Process process)
{
    public const byte FirstStep = Try;
    public const byte Try = 32;
    public const byte Load = 33;
    private const byte LookForRecord = 34;
    private const byte Close = 35;
    private const byte WriteFate = 36;
    private const byte Forget = 37;
    private const byte ForgetReload = 38;
    private const byte Delete = 39;

    public const byte Cancelled = 1;
    public const byte Skipped = 2;
    public const byte Retried = 3;

    public void Expand(Expansion x, in Proc now)
    {
        KnownManifest known = x.Manifests[now.Known];
        ref Proc next = ref x.Fork(process.Id);
        switch (now.Pc)
        {
            case Try:
                // Not a request, but the choice on a manifest that is known: its own step, so that the host may stall here too.
                Begin(x, ref next, known);
                x.Emit(process.Id, "is about to close an attempt");
                break;
            case Load:
                Begin(x, ref next, x.Manifest);
                x.Emit(process.Id, "reads the manifest, to close an attempt");
                break;
            case LookForRecord:
                next.Pc = Close;
                if (Commit.FindRecord(x.Now.Store, now.Length, out Record record) >= 0)
                {
                    Return(x, ref next, isClosed: !record.IsArchived);
                }

                x.Emit(process.Id, "looks for the record of the attempt to close");
                break;
            case Close:
                Decision closed = x.Swaps.Close(
                    now.Known, now.Length, now.Fate == Skipped ? CommitFate.Skipped : CommitFate.Cancelled, now.Fate == Retried, now.Other);
                if (closed.Next == now.Known)
                {
                    // Only where the transition is faulty: nothing is swapped.
                    x.Next.Ghost.Closed |= (ushort)(1 << now.Length);
                    next.Target = now.Length;
                    next.Pc = WriteFate;
                    x.Emit(process.Id, "closes the attempt without a swap");
                    break;
                }

                x.Swap(
                    process.Id, closed.Next, WriteFate, Load, -1, "closes the attempt",
                    (ref Proc p) => Settle(x, ref p, x.Manifests[closed.Next]));
                break;
            case WriteFate:
                Write(x, now);
                next.Pc = Forget;
                if (!x.Keeps(Safeguards.RecordBeforeSettle))
                {
                    AfterForget(x, ref next, known);
                }

                x.Emit(process.Id, "writes the record of the closed attempt");
                break;
            case Forget:
                Decision forgotten = x.Swaps.Settle(now.Known, now.Target);
                if (forgotten.IsChanged)
                {
                    x.Swap(
                        process.Id, forgotten.Next, Delete, ForgetReload, -1, "has the manifest forget the closed attempt",
                        (ref Proc p) => Forgotten(x, ref p, x.Manifests[forgotten.Next]));
                }
                else
                {
                    next.Pc = ForgetReload;
                    x.Emit(process.Id, "finds nothing to forget");
                }

                break;
            case ForgetReload:
                ReadAgain(x, ref next);
                break;
            case Delete:
                x.Next.Store.Delete(Leftover(x, now.Target, now.Other, now.Index));
                next.Index++;
                ToDelete(x, ref next, known);
                x.Emit(process.Id, "deletes what the closed attempt left");
                break;
        }
    }

    /// <summary>Goes on with an attempt that a manifest shows as closed: of an earlier attempt's cut, that one first.</summary>
    public static void Settle(Expansion x, ref Proc proc, KnownManifest manifest)
    {
        int goal = proc.Length;
        ClosedCommit closed = manifest.Manifest.Closed.First(c => Names.AttemptOf(c.CommitId, c.Attempt) / 2 == goal / 2);
        proc.Known = manifest.Id;
        proc.Target = (byte)Names.AttemptOf(closed.CommitId, closed.Attempt);
        proc.Fate = closed.Fate == CommitFate.Skipped ? Skipped
            : closed.Reason == ClosedCommit.RetriedReason ? Retried
            : Cancelled;
        proc.Pc = x.Keeps(Safeguards.RecordBeforeSettle) ? WriteFate : Forget;
    }

    private void Begin(Expansion x, ref Proc proc, KnownManifest manifest)
    {
        proc.Known = manifest.Id;
        if (!manifest.IsOf(0))
        {
            proc = default;
        }
        else if (manifest.FindPending(proc.Length / 2) >= 0)
        {
            Return(x, ref proc, isClosed: false);
        }
        else if ((manifest.Closed & (1 << proc.Length)) != 0)
        {
            Settle(x, ref proc, manifest);
        }
        else
        {
            proc.Pc = LookForRecord;
        }
    }

    private static void Write(Expansion x, in Proc now)
    {
        var record = new Record(now.Fate == Skipped ? CommitFate.Skipped : CommitFate.Cancelled, now.Fate == Retried, 0, -1);
        x.Next.Store.TryCreate(Names.Record(now.Target), record.Flags, (ulong)now.Other);
    }

    private void ReadAgain(Expansion x, ref Proc proc)
    {
        KnownManifest manifest = x.Manifest;
        proc.Known = manifest.Id;
        if (!manifest.IsOf(0))
        {
            proc = default;
        }
        else if ((manifest.Closed & (1 << proc.Target)) != 0)
        {
            proc.Pc = Forget;
        }
        else
        {
            Forgotten(x, ref proc, manifest);
        }

        x.Emit(process.Id, "reads the manifest again, to have it forget");
    }

    private void Forgotten(Expansion x, ref Proc proc, KnownManifest manifest)
    {
        if (x.Keeps(Safeguards.RecordBeforeSettle))
        {
            AfterForget(x, ref proc, manifest);
        }
        else
        {
            proc.Pc = WriteFate;
        }
    }

    private void AfterForget(Expansion x, ref Proc proc, KnownManifest manifest)
    {
        proc.Index = 0;
        ToDelete(x, ref proc, manifest);
    }

    // The archive, what is retained, then the empty segments.
    private static int Leftover(Expansion x, int attempt, int list, int index) => index switch
    {
        0 => x.ArchiveName(attempt),
        1 => Names.Retained(attempt),
        _ => x.Manifests.Lists[list][index - 2],
    };

    private void ToDelete(Expansion x, ref Proc proc, KnownManifest settled)
    {
        int count = 2 + x.Manifests.Lists[proc.Other].Length;
        for (; proc.Index < count; proc.Index++)
        {
            int name = Leftover(x, proc.Target, proc.Other, proc.Index);
            if (x.Next.Store.Has(name) && !(proc.Index >= 2 && settled.IsLive(name)))
            {
                proc.Pc = Delete;
                return;
            }
        }

        if (proc.Target != proc.Length)
        {
            // An earlier attempt's cut was closed with this one.
            proc.Target = proc.Length;
            proc.Index = 0;
            proc.Pc = x.Keeps(Safeguards.RecordBeforeSettle) ? WriteFate : Forget;
            return;
        }

        Return(x, ref proc, isClosed: true);
    }

    private void Return(Expansion x, ref Proc proc, bool isClosed)
    {
        int attempt = proc.Length;
        byte next = proc.Return;
        proc = new Proc { Pc = next == Process.End && !isClosed && process is Commit ? Commit.Load : next };
        if (next == Process.End && isClosed)
        {
            x.Next.Ghost.Over |= (byte)(1 << (attempt / 2));
        }
    }
}
