using DurableSessions.Model.Tests.Checking;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Processes;

/// <summary>A host's appends to the session, some messages one after the other: see <c>SessionAppender</c>.</summary>
/// <remarks>
/// <see cref="Proc.Target"/> is the message in hand, <see cref="Proc.Length"/> the messages known to be in the last segment,
/// <see cref="Proc.Flag"/> whether an append of unknown outcome is on its way, <see cref="Proc.Fate"/> whether that segment is sealed,
/// <see cref="Proc.Then"/> whether a search is the one for a repetition.
/// </remarks>
internal sealed class Appender : Process
{
    public const byte Open = 1;
    private const byte Seal = 2;
    private const byte Tail = 3;
    public const byte Send = 4;
    public const byte Again = 5;
    public const byte Elsewhere = 6;
    public const byte Search = 7;
    private const byte Create = 8;
    private const byte Roll = 9;
    private const byte First = 10;
    private const byte CreateAgain = 11;

    private readonly AppendRequest _request;
    private readonly AppendSearch _search;

    private readonly int[] _messages;

    public Appender(string name, params int[] messages)
        : base(name)
    {
        _messages = messages;
        _request = new AppendRequest(this);
        _search = new AppendSearch(this);
    }

    public IReadOnlyList<int> Messages => _messages;

    /// <summary>
    /// Whether a client repeats what it may have sent to another host: each message is looked for in all of the session before it is sent.
    /// </summary>
    public bool IsRepetition { get; init; }

    public override Proc Start => new() { Pc = Open };

    public override void Expand(Expansion x)
    {
        ref Proc now = ref x.Now.Procs[Id];
        KnownManifest view = x.Manifests[now.Known];
        switch (now.Pc)
        {
            case Open:
                View(x, ref x.Fork(Id));
                x.Emit(Id, "reads the manifest");
                break;
            case Seal:
                SealNext(x, now, view);
                break;
            case Tail:
                ref Proc tail = ref x.Fork(Id);
                tail.Pc = x.Now.Store.TryGet(view.Last, out Blob last) ? Send : Open;
                tail.Length = (byte)State.Messages.Count(last.Value);
                if (IsRepetition && tail.Pc == Send)
                {
                    AppendSearch.BeginRepetition(ref tail);
                }

                x.Emit(Id, "reads the last segment");
                break;
            case Send:
                _request.Send(x, now, view);
                break;
            case Again:
                _request.ReadAgain(x, now, view);
                break;
            case Elsewhere:
                GoOnElsewhere(x, view);
                break;
            case Create:
                x.Create(Id, view.Incarnation, view.Manifest.NextSegment, Roll);
                break;
            case Roll:
                Decision rolled = x.Swaps.AddSegment(now.Known, view.Incarnation, view.Last, now.Other);
                x.Swap(Id, rolled.Next, Open, Open, now.Other, "adds a segment");
                break;
            case First:
                x.Create(Id, Id + 1, 1, CreateAgain);
                break;
            case CreateAgain:
                Decision created = x.Swaps.CreateAgain(now.Known, Id + 1, now.Other);
                x.Swap(Id, created.Next, Open, Open, now.Other, "creates the session again");
                break;
            default:
                _search.Expand(x, now, view);
                break;
        }
    }

    /// <summary>The message in hand is acknowledged, and the next one's turn comes.</summary>
    public void Acknowledge(Expansion x, ref Proc proc, KnownManifest view, byte next, byte length)
    {
        ushort bit = (ushort)(1 << _messages[proc.Target]);
        if (x.Manifests[x.Next.Ghost.Manifest].IsOf(view.Incarnation))
        {
            x.Next.Ghost.Acked |= bit;
        }
        else
        {
            x.Next.Ghost.Gone |= bit;
        }

        proc.Flag = 0;
        proc.Fate = 0;
        proc.Other = 0;
        proc.Index = 0;
        proc.Then = 0;
        proc.Return = 0;
        proc.Pc = IsRepetition ? Open : next;
        proc.Length = length;
        proc.Target++;
        if (proc.Target == _messages.Length)
        {
            proc = default;
        }
    }

    public int Message(in Proc proc) => _messages[proc.Target];

    // A view of the manifest that storage has now.
    private void View(Expansion x, ref Proc proc)
    {
        KnownManifest manifest = x.Manifest;
        proc.Known = manifest.Id;
        proc.Index = 0;
        proc.Other = 0;
        proc.Length = 0;
        proc.Fate = 0;
        proc.Then = 0;
        proc.Return = 0;
        if (!manifest.IsDeleted)
        {
            proc.Pc = x.Keeps(Safeguards.SealBeforeFreshAppend) ? NextToSeal(manifest, 0, out proc.Index) : Tail;
        }
        else if (x.Configuration.CreatesAgain)
        {
            proc.Pc = First;
        }
        else
        {
            proc = default;
        }
    }

    private static byte NextToSeal(KnownManifest view, int from, out byte index)
    {
        for (int i = from; i < view.Live.Length - 1; i++)
        {
            if (!Names.IsImmutable(view.Live[i]))
            {
                index = (byte)i;
                return Seal;
            }
        }

        index = 0;
        return Tail;
    }

    private void SealNext(Expansion x, in Proc now, KnownManifest view)
    {
        ref Proc sealing = ref x.Fork(Id);
        sealing.Pc = x.Next.Store.TrySeal(view.Live[now.Index]) ? NextToSeal(view, now.Index + 1, out sealing.Index) : Open;
        if (sealing.Pc == Open)
        {
            sealing.Index = 0;
        }

        x.Emit(Id, "seals an older segment");
    }

    private void GoOnElsewhere(Expansion x, KnownManifest view)
    {
        ref Proc elsewhere = ref x.Fork(Id);
        KnownManifest manifest = x.Manifest;
        if (!manifest.Keeps(view.Last) && x.Keeps(Safeguards.KeptBeforeElsewhere))
        {
            elsewhere.Pc = elsewhere.Flag != 0 ? Search : Open;
        }
        else if (manifest.Id == view.Id)
        {
            elsewhere.Pc = Create;
            elsewhere.Flag = 0;
        }
        else
        {
            elsewhere.Flag = 0;
            View(x, ref elsewhere);
        }

        x.Emit(Id, "reads the manifest, to go on elsewhere");
    }
}
