namespace DurableSessions.Model.Tests.State;

/// <summary>Lists of segments as numbers: 0 is the empty one, and equal lists have the same.</summary>
internal sealed class SegmentLists
{
    private readonly List<int[]> _lists = [[]];
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal) { [""] = 0 };

    public int Count => _lists.Count;

    public int[] this[int number] => _lists[number];

    public int Intern(int[] segments)
    {
        string key = string.Join(",", segments);
        if (!_numbers.TryGetValue(key, out int number))
        {
            number = _lists.Count;
            _lists.Add(segments);
            _numbers[key] = number;
        }

        return number;
    }
}
