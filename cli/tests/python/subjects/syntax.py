class Subject(:
