using DurableSessions.Model.Tests.Checking;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Processes;

/// <summary>A host's lane, with some messages to append one after the other: see <c>SessionLane</c>.</summary>
/// <remarks>
/// <see cref="Proc.Target"/> is the message in hand, <see cref="Proc.Length"/> the messages known to be in the last segment,
/// <see cref="Proc.Flag"/> whether an append of unknown outcome is on its way, <see cref="Proc.Fate"/> whether that segment is sealed,
/// <see cref="Proc.Then"/> whether a search is the one for a repetition.
/// </remarks>
internal sealed class Appender(string name, params int[] messages) : Process(name)
{
    public const byte Open = 1;
    private const byte Seal = 2;
    private const byte Tail = 3;
    public const byte Send = 4;
    private const byte Again = 5;
    private const byte Elsewhere = 6;
    public const byte Search = 7;
    private const byte Create = 8;
    private const byte Roll = 9;
    private const byte First = 10;
    private const byte CreateAgain = 11;

    private readonly AppendSearch _search = new();

    public IReadOnlyList<int> Messages => messages;

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
                SendAppend(x, now, view);
                break;
            case Again:
                ReadAgain(x, now, view);
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
                _search.Expand(x, this, now, view);
                break;
        }
    }

    /// <summary>The message in hand is acknowledged, and the next one's turn comes.</summary>
    public void Acknowledge(Expansion x, ref Proc proc, KnownManifest view, byte next, byte length)
    {
        ushort bit = (ushort)(1 << messages[proc.Target]);
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
        if (proc.Target == messages.Length)
        {
            proc = default;
        }
    }

    public int Message(in Proc proc) => messages[proc.Target];

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
            if (!Names.IsFrozen(view.Live[i]))
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

    private void SendAppend(Expansion x, in Proc now, KnownManifest view)
    {
        int message = Message(now);
        ref Proc sent = ref x.Fork(Id);
        NoteSent(x, message);
        Store.Answer answer = x.Next.Store.Append(view.Last, now.Length, message, x.Configuration.Without);
        switch (answer)
        {
            case Store.Answer.Stored:
                x.NoteStored(view.Last);
                Acknowledge(x, ref sent, view, Send, (byte)(now.Length + 1));
                x.Emit(Id, "appends");
                if (x.Now.Ghost.LostLeft > 0)
                {
                    ref Proc lost = ref x.Fork(Id);
                    NoteSent(x, message);
                    x.Next.Store.Append(view.Last, now.Length, message, x.Configuration.Without);
                    x.NoteStored(view.Last);
                    x.Next.Ghost.LostLeft--;
                    lost.Flag = 1;
                    x.Emit(Id, "appends; the answer is lost");
                }

                break;
            case Store.Answer.NotFound:
                sent.Pc = now.Flag != 0 && x.Keeps(Safeguards.SearchAfterUnknown) ? Search : Open;
                sent.Flag = sent.Pc == Search ? now.Flag : (byte)0;
                x.Emit(Id, "appends: the segment is gone");
                break;
            default:
                // What was never sent before is not in the segment; the tail says how long that is.
                bool isSealed = answer == Store.Answer.IsSealed;
                sent.Fate = isSealed ? (byte)1 : (byte)0;
                sent.Pc = now.Flag == 0 && isSealed ? Elsewhere : Again;
                if (now.Flag != 0 && !x.Keeps(Safeguards.SearchAfterUnknown))
                {
                    sent.Pc = Open;
                    sent.Flag = 0;
                }

                x.Emit(Id, isSealed ? "appends: the segment is sealed" : "appends: the condition is not met");
                break;
        }

        if (x.Now.Ghost.LateLeft > 0 && now.Flag == 0 && x.Configuration.LateAppends)
        {
            ref Proc late = ref x.Fork(Id);
            NoteSent(x, message);
            late.Flag = 1;
            x.Next.Send(new Late(Late.Append, view.Last, (ulong)((now.Length << 8) | message)));
            x.Emit(Id, "appends; the request is late");
        }
    }

    private static void NoteSent(Expansion x, int message)
    {
        if ((x.Next.Ghost.Sent & (1 << message)) == 0)
        {
            x.Next.Ghost.Sent |= (ushort)(1 << message);
            x.Next.Ghost.Before |= (ulong)((x.Next.Ghost.Acked >> 1) & 255) << (8 * (message - 1));
        }
    }

    // The segment has refused the block: the message may be in it, or there is more in it than this host has read, or it is over.
    private void ReadAgain(Expansion x, in Proc now, KnownManifest view)
    {
        ref Proc read = ref x.Fork(Id);
        if (!x.Now.Store.TryGet(view.Last, out Blob blob))
        {
            read.Pc = Search;
        }
        else if (State.Messages.Contains(blob.Value, Message(now)))
        {
            Acknowledge(x, ref read, view, Send, (byte)State.Messages.Count(blob.Value));
        }
        else if (now.Fate == 0 && State.Messages.Count(blob.Value) > now.Length)
        {
            read.Length = (byte)State.Messages.Count(blob.Value);
            read.Flag = 0;
            read.Pc = Send;
        }
        else
        {
            read.Pc = Elsewhere;
        }

        x.Emit(Id, "reads the segment that refused");
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
