using DurableSessions.Model.Tests.Checking;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Processes;

/// <summary>
/// One execution of a commit's attempt. Two of the same attempt are what a host that lost the instance, and its successor, do. An execution
/// of the second attempt begins once the instance is over, and not covered.
/// </summary>
internal sealed class Commit : Process
{
    public const byte Load = 1;
    public const byte WaitForRetry = 2;

    private readonly CommitStaging _staging;
    private readonly CommitClearing _clearing;
    private readonly CommitTurn _turn;
    private readonly CommitSwitching _switching;
    private readonly CommitMemories _memories;
    private readonly CommitClosing _closing;

    public Commit(string name, int commit, int attempt = 1, int keep = 0, bool fails = false, bool degrades = false)
        : base(name)
    {
        Attempt = (2 * commit) + attempt - 1;
        Keep = keep;
        Fails = fails;
        Degrades = degrades;
        _staging = new CommitStaging(this);
        _clearing = new CommitClearing(this);
        _turn = new CommitTurn(this);
        _switching = new CommitSwitching(this);
        _memories = new CommitMemories(this, isAgain: false);
        _closing = new CommitClosing(this);
    }

    /// <summary>The attempt, as a number.</summary>
    public int Attempt { get; }

    /// <summary>How many messages it keeps live.</summary>
    public int Keep { get; }

    /// <summary>Its digest fails, so that its archive is switched uncovered.</summary>
    public bool Fails { get; }

    /// <summary>Its model is away, and the built-in digest stands in.</summary>
    public bool Degrades { get; }

    public int CommitNumber => Attempt / 2;

    public bool IsRetry => Attempt % 2 == 1;

    public override Proc Start => new() { Pc = IsRetry ? WaitForRetry : Load };

    public override bool IsOver(in Proc proc) => proc.Pc is End or WaitForRetry;

    public override void Expand(Expansion x)
    {
        ref Proc now = ref x.Now.Procs[Id];
        switch (now.Pc)
        {
            case End:
                break;
            case Load:
                Route(x, ref x.Fork(Id), x.Manifest);
                x.Emit(Id, "reads the manifest");
                break;
            case WaitForRetry:
                bool isCovered = TryGet(x.Now.Store, Attempt - 1, out Record first) && first is { IsArchived: true, Semantic: >= 0 };
                if ((x.Now.Ghost.Over & (1 << CommitNumber)) != 0 && !isCovered)
                {
                    x.Fork(Id).Pc = Load;
                    x.Next.Ghost.Over &= (byte)~(1 << CommitNumber);
                    x.Emit(Id, "begins as a retry");
                }

                break;
            case < CommitClearing.FirstStep:
                _staging.Expand(x, now);
                break;
            case < CommitTurn.FirstStep:
                _clearing.Expand(x, now);
                break;
            case < CommitSwitching.FirstStep:
                _turn.Expand(x, now);
                break;
            case < CommitMemories.FirstStep:
                _switching.Expand(x, now);
                break;
            case < CommitClosing.FirstStep:
                _memories.Expand(x, now);
                break;
            default:
                _closing.Expand(x, now);
                break;
        }
    }

    /// <summary>What comes next for archive-to-temp, by a manifest that was just read.</summary>
    public void Route(Expansion x, ref Proc proc, KnownManifest manifest)
    {
        proc = new Proc { Known = manifest.Id };
        if (!manifest.IsOf(0))
        {
            proc = default;
        }
        else if (manifest.FindPending(CommitNumber) >= 0)
        {
            _turn.Wait(x, ref proc, manifest);
        }
        else if (manifest.Cut >= 0)
        {
            _staging.Begin(x, ref proc, manifest);
        }
        else if ((manifest.Closed & (1 << Attempt)) != 0)
        {
            proc.Target = (byte)Attempt;
            proc.Length = (byte)Attempt;
            CommitClosing.Settle(x, ref proc, manifest);
        }
        else
        {
            proc.Pc = CommitStaging.LookForRecord;
        }
    }

    /// <summary>The instance is over.</summary>
    public void Finish(Expansion x, ref Proc proc)
    {
        proc = default;
        x.Next.Ghost.Over |= (byte)(1 << CommitNumber);
    }

    /// <summary>A record that ends this attempt, or the archive that an earlier one made: see <c>CommitLedger</c>.</summary>
    /// <returns>The attempt whose record it is; -1: none.</returns>
    public static int FindRecord(Store store, int attempt, out Record record)
    {
        bool isSecond = attempt % 2 == 1;
        if (TryGet(store, attempt, out record))
        {
            if (isSecond || !record.IsRetried || !TryGet(store, attempt + 1, out Record second))
            {
                return attempt;
            }

            record = second;
            return attempt + 1;
        }

        return isSecond && TryGet(store, attempt - 1, out record) && record.IsArchived ? attempt - 1 : -1;
    }

    private static bool TryGet(Store store, int attempt, out Record record)
    {
        bool there = store.TryGet(Names.Record(attempt), out Blob blob);
        record = there ? Record.Of(blob) : default;
        return there;
    }
}
