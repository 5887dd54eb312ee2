-- Is loaded while the first file waits for its answer.
print('odd second file {}')
